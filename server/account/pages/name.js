// Says whether the name of a pod is free while it is typed. Without this script
// the answer comes with the form.
(() => {
  const input = document.querySelector("input[data-names]");
  const status = document.getElementById("name-status");
  let latest = 0;
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    status.textContent = "";
    const name = input.value.trim();
    if (name) timer = setTimeout(() => ask(name, ++latest), 400);
  });

  async function ask(name, turn) {
    try {
      const answer = await fetch(`${input.dataset.names}?${new URLSearchParams({ name })}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || turn !== latest) return;
      const { available, name: podName } = await answer.json();
      status.textContent = (available ? status.dataset.free : status.dataset.taken).replace("%s", podName);
    } catch {
      // No answer is no news: the form will tell.
    }
  }
})();
