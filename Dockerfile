# The served product as an image, built and run with PostgreSQL on a base of the same Debian and Python; the tests do not
# build it.
FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpangoft2-1.0-0 libharfbuzz-subset0 postgresql-client \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 assessor \
 && install -d -o assessor -m 0700 /data
WORKDIR /app
COPY requirements.txt requirements-build.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements-build.txt \
 && pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index -e .
USER assessor
ENV ASSESSOR_DATA=/data ASSESSOR_MODE=served ASSESSOR_BIND=0.0.0.0
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["scripts/entry"]
CMD ["web"]
