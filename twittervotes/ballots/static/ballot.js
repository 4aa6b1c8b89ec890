// Comfort for newer browsers; the pages work without it. Written for old phones: no syntax after 2009.
(function () {
  "use strict";
  if (!document.querySelectorAll || !document.addEventListener) return;
  var language = document.documentElement.getAttribute("data-numbers") || "en";

  function all(selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); }

  all("time[data-time]").forEach(function (time) {
    var at = new Date(time.getAttribute("datetime"));
    if (isNaN(at)) return;
    try { time.textContent = at.toLocaleTimeString(language); } catch (e) { /* an old browser */ }
  });

  var started = new Date().getTime();
  function two(n) { return (n < 10 ? "0" : "") + n; }
  function tick() {
    all("[data-clock]").forEach(function (clock) {
      var left = Number(clock.getAttribute("data-clock")) - (new Date().getTime() - started);
      var s = Math.max(0, Math.ceil(left / 1000)), h = Math.floor(s / 3600);
      clock.textContent = (h ? h + ":" : "") + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
    });
  }
  if (document.querySelector("[data-clock]")) setInterval(tick, 1000);

  function get(url, done) {
    var request = new XMLHttpRequest();
    request.open("GET", url);
    request.onload = function () {
      var said = null;
      try { if (request.status === 200) said = JSON.parse(request.responseText); } catch (e) { /* no JSON */ }
      done(said);
    };
    request.onerror = function () { done(null); };
    request.send();
  }

  var form = document.querySelector("[data-ballot]");
  if (form) {
    var button = form.querySelector("button"), sent = false;
    var show = function () {
      all(".choice input").forEach(function (input) {
        input.parentNode.className = "choice" + (input.checked ? " chosen" : "");
        if (input.checked) button.textContent = "Vote for " + input.getAttribute("data-name");
      });
    };
    form.addEventListener("change", show);
    form.addEventListener("submit", function (event) {
      if (sent) event.preventDefault();
      sent = true;
      setTimeout(function () { sent = false; }, 5000);
    });
    window.addEventListener("pageshow", function () { sent = false; show(); });
    show();
  }

  var receipt = document.querySelector("[data-receipt]");
  if (receipt) {
    var status = receipt.querySelector("[data-status]"), wait = 2000;
    var look = function () {
      get(receipt.getAttribute("data-receipt"), function (said) {
        if (said && status.textContent !== said.words) {
          status.textContent = said.words;
          status.className = said.verdict === "counted" ? "good" : "";
        }
        wait = Math.min(30000, wait * 1.5);
        if (!said || said.verdict === "") setTimeout(look, wait);
      });
    };
    if (!status.className) setTimeout(look, wait);
  }

  var copy = document.querySelector("[data-copy]");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", function () {
      navigator.clipboard.writeText(location.href).then(function () { copy.textContent = "Copied"; });
    });
  }

  var page = document.querySelector("[data-phase]");
  if (page && page.getAttribute("data-phase") !== "closed") {
    setInterval(function () {
      get(page.getAttribute("data-ballot-page"), function (said) {
        if (said && said.standing !== page.getAttribute("data-phase")) location.reload();
      });
    }, 3000);
  }
})();
