// A deck's button that closes the vote works only when it is held for a second.
"use strict";
(() => {
  for (const form of document.querySelectorAll("form[data-hold]")) {
    const button = form.querySelector("button");
    let timer = 0, held = false;
    const end = () => { clearTimeout(timer); timer = 0; button.classList.remove("held"); };
    const begin = () => {
      if (timer) return;
      button.classList.add("held");
      timer = setTimeout(() => { end(); held = true; form.requestSubmit(); held = false; }, 1000);
    };
    form.addEventListener("submit", (event) => { if (!held) event.preventDefault(); });
    button.addEventListener("pointerdown", begin);
    button.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") begin(); });
    for (const name of ["pointerup", "pointerleave", "pointercancel", "keyup", "blur"]) button.addEventListener(name, end);
    button.addEventListener("contextmenu", (event) => event.preventDefault());
  }
})();
