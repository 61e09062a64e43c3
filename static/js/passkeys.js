// Passkeys: asks the browser to make or to show one, then sends the form. Every other way to sign in works without.
async function optionsFor(form) {
  if (form.dataset.passkey !== "login") return JSON.parse(document.getElementById("passkey-data").textContent);
  const headers = { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" };
  return (await fetch(form.action, { headers })).json();
}

async function credentialFor(form) {
  const options = await optionsFor(form);
  if (form.dataset.passkey !== "new") {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.request_options.publicKey);
    return navigator.credentials.get({ publicKey });
  }
  const wanted = options.creation_options.publicKey;
  const alone = form.elements.passwordless.checked;
  Object.assign(wanted.authenticatorSelection, { residentKey: alone ? "required" : "discouraged", requireResidentKey: alone });
  if (alone) wanted.authenticatorSelection.userVerification = "required";
  return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(wanted) });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = form.querySelector("[data-problem]");
    words.textContent = "";
    try {
      form.elements.credential.value = JSON.stringify((await credentialFor(form)).toJSON());
      form.submit();
    } catch {
      words.textContent = words.dataset.problem;
    }
  });
}
