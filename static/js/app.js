// Two conveniences; every page works without them.

// The theme changes in place instead of reloading the page, so that a half-written note stays.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form.theme") || event.submitter?.name !== "theme") return;
  event.preventDefault();
  const chosen = event.submitter;
  document.documentElement.dataset.theme = chosen.value;
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === chosen));
  fetch(form.action, { method: "POST", body: new FormData(form, chosen), redirect: "manual" });
});

// A request of htmx that failed is said on the page; the next one that succeeds takes the words away.
function showProblem(event) {
  const place = document.getElementById("messages");
  const signedOut = event.detail.xhr?.status === 401 && document.getElementById("signed-out");
  const problem = signedOut || document.getElementById("request-problem");
  if (!place || !problem) return;
  place.querySelector("[data-problem]")?.remove();
  const words = problem.content.firstElementChild.cloneNode(true);
  words.dataset.problem = "";
  place.append(words);
  place.scrollIntoView({ block: "nearest" });
}
document.addEventListener("htmx:responseError", showProblem);
document.addEventListener("htmx:sendError", showProblem);
document.addEventListener("htmx:timeout", showProblem);
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful) document.querySelector("#messages [data-problem]")?.remove();
});
