// Keeps a page live: by server-sent events, else by asking once a second or two.
"use strict";
(() => {
  const root = document.querySelector("[data-slug]");
  const language = document.documentElement.dataset.numbers || "en";
  const whole = new Intl.NumberFormat(language);
  const tenths = new Intl.NumberFormat(language, {minimumFractionDigits: 1, maximumFractionDigits: 1});
  const all = (selector, from = document) => from.querySelectorAll(selector);
  const put = (selector, text, from) => {
    for (const each of all(selector, from)) if (each.textContent !== text) each.textContent = text;
  };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const local = () => {
    for (const time of all("time[data-time]")) {
      time.textContent = new Date(time.dateTime).toLocaleTimeString(language);
    }
    for (const time of all("time[data-day]")) {
      time.textContent = new Date(time.dateTime).toLocaleDateString(language, {dateStyle: "medium"});
    }
  };

  // Parts that change slowly come from the page itself, as the server renders it.
  const refresh = async () => {
    const answer = await fetch(location.href, {headers: {accept: "text/html"}});
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of all("[data-refresh]")) {
      const fresh = page.querySelector(`[data-refresh="${CSS.escape(part.dataset.refresh)}"]`);
      const open = part.querySelector("details[open]");
      if (!fresh || part.contains(document.activeElement) || open) continue;
      part.replaceChildren(...fresh.childNodes);
    }
    local();
  };
  const later = (ms) => setTimeout(() => refresh().catch(() => {}).then(() => later(ms)), ms * (0.8 + Math.random() * 0.4));

  local();
  if (!root) {
    if (document.querySelector("[data-refresh]")) later(10000);
    return;
  }
  const base = `/v1/contests/${root.dataset.slug}`;
  let ahead = null, newest = null, lastOrder = 0, lastSaid = null, lastSaidAt = 0;

  const clock = () => {
    for (const each of all("[data-clock]")) {
      const until = Number(each.dataset.until), at = Number(each.dataset.at);
      const now = ahead === null ? at : Date.now() + ahead;
      const seconds = Math.max(0, Math.ceil((until - now) / 1000));
      const two = (n) => String(n).padStart(2, "0");
      const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
      const text = h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
      if (each.textContent !== text) each.textContent = text;
    }
  };

  const sort = (votes) => {
    const list = document.querySelector("[data-rows]");
    if (!list || Date.now() - lastOrder < 3000) return;
    const rows = [...list.children];
    const sorted = [...rows].sort((a, b) => votes.get(b.dataset.choice) - votes.get(a.dataset.choice));
    if (sorted.every((row, i) => row === rows[i])) return;
    lastOrder = Date.now();
    const before = new Map(rows.map((row) => [row, row.getBoundingClientRect()]));
    list.append(...sorted);
    if (still) return;
    for (const row of rows) {
      const [from, to] = [before.get(row), row.getBoundingClientRect()];
      const move = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
      row.animate([{transform: move}, {transform: "none"}], {duration: 420, easing: "cubic-bezier(.4,0,.1,1)"});
    }
  };

  // A screen reader hears who leads, when that changes and at most every 20 seconds.
  const say = () => {
    const line = document.querySelector("[data-live]");
    if (!line || !newest || newest.hidden || newest.words === lastSaid) return;
    if (lastSaid !== null && Date.now() - lastSaidAt < 20000) return;
    if (lastSaid !== null) line.textContent = newest.words;
    [lastSaid, lastSaidAt] = [newest.words, lastSaid === null ? 0 : Date.now()];
  };

  // A form is sent once; a reload would cancel it, and its answer would be lost.
  let leaving = false;
  addEventListener("submit", (event) => {
    if (leaving) event.preventDefault();
    leaving = leaving || !event.defaultPrevented;
  });

  const show = (state) => {
    if (leaving || (newest && state.at_ms < newest.at_ms)) return;
    newest = state;
    const turned = state.state !== root.dataset.state || String(state.hidden) !== root.dataset.hidden;
    if (turned) {
      const wait = "overlay" in root.dataset ? 0 : Math.random() * 1500;
      setTimeout(() => { if (!leaving) location.reload(); }, wait);
      return;
    }
    for (const each of all("[data-clock]")) if (state.state !== "scheduled" && state.closes_ms) each.dataset.until = state.closes_ms;
    if (state.hidden) return;
    const votes = new Map(state.tally.map((share) => [share.tag, share.votes]));
    const most = Math.max(...votes.values(), 0);
    for (const share of state.tally) {
      for (const row of all(`[data-choice="${CSS.escape(share.tag)}"]`)) {
        put("[data-votes]", whole.format(share.votes), row);
        put("[data-percent]", tenths.format(share.percent), row);
        const width = share.votes > 0 ? Math.max(1, 100 * share.votes / most) : 0;
        for (const bar of all("[data-bar]", row)) bar.setAttribute("width", `${width.toFixed(2)}%`);
      }
    }
    put("[data-total]", whole.format(state.total));
    for (const each of state.networks) put(`[data-network="${CSS.escape(each.name)}"]`, whole.format(each.votes));
    state.steps.forEach((step, i) => {
      const sign = i === 0 || i === state.steps.length - 1 ? "" : "− ";
      put(`[data-step="${CSS.escape(step.words)}"]`, sign + whole.format(step.posts));
    });
    if (state.digest) put("[data-digest]", `${state.digest.slice(0, 4)} ${state.digest.slice(4, 8)} … ${state.digest.slice(-4)}`);
    put("[data-entry]", whole.format(state.entry));
    for (const time of all(".proof time")) {
      time.dateTime = new Date(state.at_ms).toISOString();
      time.textContent = new Date(state.at_ms).toLocaleTimeString(language);
    }
    if (state.state === "open") {
      put("[data-badge]", state.stale ? "No data" : "Live");
      for (const each of all("[data-badge]")) each.className = `pill ${state.stale ? "nodata" : "open"}`;
    }
    sort(votes);
    say();
  };

  let polling = 0;
  const poll = async () => {
    try {
      const answer = await fetch(`${base}/state`);
      if (ahead === null) ahead = Date.parse(answer.headers.get("date")) - Date.now();
      if (answer.ok) show(await answer.json());
    } catch { /* the next one may come through */ }
    polling = setTimeout(poll, 1500 + Math.random() * 1000);
  };
  const follow = () => {
    const events = new EventSource(`${base}/stream`);
    events.addEventListener("open", () => { clearTimeout(polling); polling = 0; });
    events.addEventListener("time", (event) => { ahead = Number(event.data) - Date.now(); });
    events.addEventListener("state", (event) => show(JSON.parse(event.data)));
    events.addEventListener("error", () => {
      if (!polling) polling = setTimeout(poll, 500);
      // A refused stream (503) isn't retried by the browser; ask again in a while.
      if (events.readyState === EventSource.CLOSED) setTimeout(follow, 30000 + Math.random() * 30000);
    });
    addEventListener("pagehide", () => events.close(), {once: true});
  };
  // A ticker has room for three: more take turns.
  const turns = () => {
    const rows = all(".view-ticker [data-rows] .row");
    const group = Math.floor(Date.now() / 6000) % Math.max(1, Math.ceil(rows.length / 3));
    rows.forEach((row, i) => { row.hidden = Math.floor(i / 3) !== group; });
  };
  document.documentElement.classList.add("js");
  clock();
  turns();
  setInterval(() => { clock(); turns(); say(); }, 250);
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  if (window.EventSource) follow(); else poll();
  if (!("overlay" in root.dataset)) later(20000);
})();
