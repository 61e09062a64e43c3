"""All settings; the environment decides what may differ (docs/configuration.md lists every variable)."""

from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from assessor import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.data_directory(BASE_DIR / "var")
VERSION = "0.1.0"

MODE = env.one_of("ASSESSOR_MODE", ("laptop", "served"))
SERVED = MODE == "served"
DEBUG = env.flag("ASSESSOR_DEBUG")
if SERVED and DEBUG:
    raise ImproperlyConfigured("ASSESSOR_DEBUG=1 shows settings to strangers. Unset it, or unset ASSESSOR_MODE=served.")
SECRET_KEY = env.kept_secret("SECRET_KEY", DATA_DIR / "secret-key")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS") if SERVED else ["localhost", "127.0.0.1", "[::1]"]

INSTALLED_APPS = [
    "assessor.apps.AssessorConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "django_tasks",
    "django_tasks_db",
]
# The provider through which people sign in, if there is one; its code is loaded with the first sign-in through it.
OIDC_ISSUER = env.issuer("ASSESSOR_OIDC_ISSUER")
OIDC_CLIENT_ID = env.text("ASSESSOR_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.reference("ASSESSOR_OIDC_CLIENT_SECRET")
OIDC_LABEL = env.text("ASSESSOR_OIDC_LABEL", "single sign-on")[:60]
OIDC_DOMAINS = [domain.lower() for domain in env.words("ASSESSOR_OIDC_DOMAINS")]
OIDC_HOSTS = env.hosts_with_ports("ASSESSOR_OIDC_HOSTS")
OIDC_CA = env.file("ASSESSOR_OIDC_CA")
LOCAL_SIGN_IN = env.one_of("ASSESSOR_LOCAL_SIGN_IN", ("everybody", "operators"))
if OIDC_ISSUER and not SERVED:
    raise ImproperlyConfigured("ASSESSOR_OIDC_ISSUER is for ASSESSOR_MODE=served; laptop mode asks nobody. Unset it.")
if OIDC_ISSUER and not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured(
        "ASSESSOR_OIDC_ISSUER needs ASSESSOR_OIDC_CLIENT_ID and ASSESSOR_OIDC_CLIENT_SECRET, as the provider gave them."
    )
if LOCAL_SIGN_IN == "operators" and not OIDC_ISSUER:
    raise ImproperlyConfigured(
        "ASSESSOR_LOCAL_SIGN_IN=operators leaves people no way in without a provider. Set ASSESSOR_OIDC_ISSUER too."
    )
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "assessor.middleware.LocalUserMiddleware",
    "assessor.middleware.SittingEnds",
    "assessor.middleware.Refusals",
    "assessor.middleware.SignInKeepsTyped",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "assessor.middleware.SecondStepFirst",
    "allauth.account.middleware.AccountMiddleware",
]
# Laptop mode knows no address of accounts.
ROOT_URLCONF = "assessor.served" if SERVED else "assessor.urls"
WSGI_APPLICATION = "assessor.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "assessor.middleware.site",
            ],
            # Django's own tags of these names, in less time.
            "libraries": dict.fromkeys(("i18n", "static"), "assessor.templatetags.assessor_quick"),
            "builtins": ["assessor.templatetags.assessor_quick"],
        },
    }
]
# Two libraries of one name are meant, for these two.
SILENCED_SYSTEM_CHECKS = ["templates.W003"]

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728; "
        "PRAGMA journal_size_limit=27103364; PRAGMA cache_size=2000;"
    ),
}
DATABASE_URL = env.text("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'assessor.sqlite3'}"
try:
    DATABASES = {"default": dict(dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True))}
except (ValueError, KeyError) as error:
    raise ImproperlyConfigured(
        "DATABASE_URL is not a database address. Write postgresql://user:password@host:5432/name, "
        "or unset it to use SQLite in the data directory."
    ) from error
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    # Tests use a real file too: an in-memory database knows no second process and no write-ahead log.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
elif DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must name PostgreSQL or SQLite; no other database is tested.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "assessor.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "assessor.services.passwords.OwnWords"},
]
# The operator's own words, one a line, of which no password may be made.
PASSWORD_WORDS = env.word_list("ASSESSOR_PASSWORD_WORDS")
PASSWORD_RESET_TIMEOUT = 24 * 3600
LOGIN_URL = "account_login" if SERVED else "home"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login" if SERVED else "home"
# Counts of failed sign-ins must be the same in every process and on every host.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "assessor_cache"}
    if SERVED
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
BIND = env.text("ASSESSOR_BIND", "127.0.0.1")
if not SERVED and BIND not in ("127.0.0.1", "localhost"):
    raise ImproperlyConfigured(
        f"ASSESSOR_BIND={BIND!r} would let others in without a sign-in. Set ASSESSOR_MODE=served, or unset it."
    )
WEB_PROCESSES = env.number("ASSESSOR_WEB_PROCESSES", 2 if SERVED else 1, 1, 64)
if not SERVED and WEB_PROCESSES > 1:
    raise ImproperlyConfigured("ASSESSOR_WEB_PROCESSES is for ASSESSOR_MODE=served; laptop mode has one. Unset it.")
PROXIES = env.number("ASSESSOR_PROXIES", 0, 0, 9)
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
HTTPS = SERVED and env.one_of("ASSESSOR_HTTPS", ("yes", "no")) == "yes"
if HTTPS and not PROXIES:
    raise ImproperlyConfigured(
        "The server itself speaks plain http: set ASSESSOR_PROXIES to the number of proxies with TLS in front of it, "
        "or ASSESSOR_HTTPS=no for a trial without one."
    )
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
# No neighbouring host can plant a cookie of such a name.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME, THEME_COOKIE_NAME = f"{COOKIE_PREFIX}django_language", f"{COOKIE_PREFIX}theme"
MESSAGE_STORAGE = "assessor.services.notices.Notices"
SECURE_SSL_REDIRECT = HTTPS
# Pages are led to https; what a program sends there open is refused with a sentence.
SECURE_REDIRECT_EXEMPT = [r"^upload/"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Believed only where the operator says that a proxy stands in front and sets it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
ACCOUNT_ADAPTER = "assessor.adapters.Accounts"
ACCOUNT_USER_DISPLAY = str
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Whoever has an account hears of every change of how it is opened, where there is a mail server.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Sovereignty Assessor: "
# No mail goes to an address that somebody merely typed.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
SESSION_COOKIE_AGE = 14 * 24 * 3600
# Seconds without anything done after which a session ends; 0: only its age ends it.
SESSION_REST_SECONDS = env.number("ASSESSOR_SESSION_REST_MINUTES", 60, 0, 14 * 24 * 60) * 60 if SERVED else 0
# What one person may ask for at most: pages in a minute of each web process, files in an hour; 0: no limit.
PAGES_A_MINUTE = env.number("ASSESSOR_PAGES_A_MINUTE", 600, 0, 100_000) if SERVED else 0
DOWNLOADS_AN_HOUR = env.number("ASSESSOR_DOWNLOADS_AN_HOUR", 300, 0, 100_000) if SERVED else 0
MFA_ADAPTER = "assessor.adapters.SecondSteps"
# Who needs a second step, by the operator's word; owners can want one of their members beside it.
SECOND_STEP = env.one_of("ASSESSOR_SECOND_STEP", ("optional", "operators", "everybody"))
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "Sovereignty Assessor"
MFA_PASSKEY_LOGIN_ENABLED = True
# An address is proved by mail only, and a closed room has none.
MFA_ALLOW_UNVERIFIED_EMAIL = True
SOCIALACCOUNT_ADAPTER = "assessor.adapters.Providers"
SOCIALACCOUNT_STORE_TOKENS = False
# An account that was opened by a proved address is the provider's from then on.
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_LOGIN_ON_GET = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
MAIL_HOST = env.text("ASSESSOR_MAIL_HOST")
EMAIL_HOST = MAIL_HOST or "localhost"
EMAIL_PORT = env.number("ASSESSOR_MAIL_PORT", 587, 1, 65535)
EMAIL_HOST_USER = env.text("ASSESSOR_MAIL_USER")
EMAIL_HOST_PASSWORD = env.text("ASSESSOR_MAIL_PASSWORD")
EMAIL_USE_TLS = env.one_of("ASSESSOR_MAIL_SECURITY", ("starttls", "tls", "none")) == "starttls"
EMAIL_USE_SSL = env.one_of("ASSESSOR_MAIL_SECURITY", ("starttls", "tls", "none")) == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("ASSESSOR_MAIL_FROM") or "sovereignty-assessor@localhost"
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if MAIL_HOST else 'dummy'}.EmailBackend"
CSRF_FAILURE_VIEW = "assessor.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# The largest form without its files is one answer with its note; files are counted by the gate before all else.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 5
UPLOAD_MAX_BYTES = env.number("ASSESSOR_UPLOAD_MB", 20, 1, 500) * 1024 * 1024
ATTACHMENT_QUOTA_BYTES = env.number("ASSESSOR_ATTACHMENT_QUOTA_MB", 2000, 1, 1_000_000) * 1024 * 1024
# A whole assessment with its files, unpacked and as it is sent.
ARCHIVE_MAX_BYTES = env.number("ASSESSOR_ARCHIVE_MB", 200, 1, 10_000) * 1024 * 1024
# The operator's own scanner, given every file that comes in; `{}` among its words stands for the file's path.
SCAN_COMMAND = env.command("ASSESSOR_SCAN_COMMAND")
SCAN_SECONDS = env.number("ASSESSOR_SCAN_SECONDS", 60, 1, 600)
FILE_UPLOAD_HANDLERS = [
    "assessor.services.uploads.SizeGate",
    "assessor.services.uploads.InMemory",
    "assessor.services.uploads.OnDisc",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [BASE_DIR / "assessor" / "locale"]
FORMAT_MODULE_PATH = "assessor.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Compressed by themselves, or (TTF) read from the disk when a PDF is set and by no browser: squeezing these fonts took
# most of every start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("png", "woff2", "ttf", "gz", "br")

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

QUESTIONNAIRES_DIR = BASE_DIR / "questionnaires"
# The operator's own, installed for every organisation beside the ones that ship.
OWN_QUESTIONNAIRES_DIR = env.directory("ASSESSOR_QUESTIONNAIRES")
# A fuller or newer table of networks than the one that ships.
PROBE_NETWORKS = env.file("ASSESSOR_NETWORKS")
# Whether the worker makes the report of an assessment that rests, so that it is there when somebody asks.
REPORTS_AHEAD = env.one_of("ASSESSOR_REPORTS_AHEAD", ("yes", "no")) == "yes"
# The keys with which endpoints' keys are sealed; without either a file in the data directory, made when first needed.
SEALING_KEYS = env.text("ASSESSOR_KEYS")
SEALING_KEYS_FILE = env.text("ASSESSOR_KEYS_FILE")
# Below it lie files with keys that an endpoint may name.
ENDPOINT_KEYS_DIR = env.directory("ASSESSOR_ENDPOINT_KEYS")
# Below it lie the client certificates that an endpoint may name; nothing else on this computer is read for one.
CLIENT_CERTIFICATES_DIR = env.directory("ASSESSOR_CLIENT_CERTIFICATES")
REPORTS_DIR = DATA_DIR / "reports"
# Seconds a worker may be silent before its job is given to another.
JOB_LEASE_SECONDS = 30
JOB_ATTEMPTS = 3

PROBE_ALLOW_CIDRS = env.networks("ASSESSOR_PROBE_ALLOW")
PROBE_DENY_CIDRS = env.networks("ASSESSOR_PROBE_DENY")
PROBE_ALLOW_HOSTS = env.words("ASSESSOR_PROBE_ALLOW_HOSTS")
PROBE_DENY_HOSTS = env.words("ASSESSOR_PROBE_DENY_HOSTS")
PROBE_PORTS = env.numbers("ASSESSOR_PROBE_PORTS", 1, 65535)
# None: as the mode has it; empty: nothing but what is allowed by network.
PROBE_REACH = env.some_of("ASSESSOR_PROBE_REACH", ("public", "private", "loopback"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "filters": {"refusals": {"()": "assessor.log.RefusalsInALine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "assessor": {"level": "INFO"},
        "django_tasks_db": {"level": "WARNING"},
        # At DEBUG it would write request and response headers down, keys among them.
        "httpcore2": {"level": "WARNING"},
    },
}
