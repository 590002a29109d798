// Keeps an open page current: asks every few seconds whether anything changed and swaps <main> when it did.
// Everything works without it. Scroll position, opened parts and the focus stay where they are.
(() => {
  "use strict";
  const EVERY = 5000;
  const AGES = 60000; // words such as "2 min ago" are renewed at least this often
  const body = document.body;
  const address = body.dataset.changes;
  if (!address || !window.fetch || !window.DOMParser) return;
  let token = body.dataset.token;
  let renewed = Date.now();
  let asking = false;

  const isBusy = () => {
    const at = document.activeElement;
    if (at && at.closest("main") && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName)) return true;
    const selection = window.getSelection();
    return Boolean(selection && !selection.isCollapsed);
  };

  const place = (main) => {
    const links = [...main.querySelectorAll("a, button, summary, [tabindex]")];
    return links.indexOf(document.activeElement);
  };

  const swap = (text) => {
    const next = new DOMParser().parseFromString(text, "text/html");
    const fresh = next.querySelector("main");
    const main = document.querySelector("main");
    if (!fresh || !main || !next.body.dataset.token) return;
    const opened = new Map([...main.querySelectorAll("details[id]")].map((part) => [part.id, part.open]));
    const asides = [...main.querySelectorAll(".scroll, .code")].map((part) => [part.scrollLeft, part.scrollTop]);
    const focus = place(main);
    main.replaceChildren(...fresh.childNodes);
    for (const part of main.querySelectorAll("details[id]")) {
      if (opened.has(part.id)) part.open = opened.get(part.id);
    }
    [...main.querySelectorAll(".scroll, .code")].forEach((part, number) => {
      if (asides[number]) [part.scrollLeft, part.scrollTop] = asides[number];
    });
    if (focus >= 0) main.querySelectorAll("a, button, summary, [tabindex]")[focus]?.focus({ preventScroll: true });
    document.querySelector(".cycle")?.replaceChildren(...(next.querySelector(".cycle")?.childNodes ?? []));
    document.title = next.title;
    token = next.body.dataset.token;
    renewed = Date.now();
  };

  const look = async () => {
    if (document.hidden || asking || isBusy()) return;
    asking = true;
    try {
      const isOld = Date.now() - renewed > AGES;
      const answer = isOld ? null : await fetch(`${address}?since=${encodeURIComponent(token)}`);
      const page = isOld || answer.status === 200 ? await fetch(location.href) : null;
      if (answer?.status === 401 || page?.redirected) {
        location.reload(); // signed out: the server leads to the sign-in and back again
        return;
      }
      if (page) {
        if (page.ok && !isBusy()) swap(await page.text());
      }
    } catch {
      // The server is away: the page stays as it is, and the next look asks again.
    } finally {
      asking = false;
    }
  };

  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
})();
