// Light, dark, or as the system says. Not a module: it runs before anything is painted, so that nothing flashes.
(() => {
  const NAME = "jemma.theme";
  const root = document.documentElement;

  function chosen() {
    try {
      return localStorage.getItem(NAME) ?? "system";
    } catch {
      return "system"; // storage is switched off
    }
  }

  function apply(theme) {
    if (theme === "light" || theme === "dark") {
      root.dataset.theme = theme;
    } else {
      delete root.dataset.theme;
    }
  }

  apply(chosen());
  globalThis.jemmaTheme = {
    chosen,
    choose(theme) {
      apply(theme);
      try {
        localStorage.setItem(NAME, theme);
      } catch {
        // it holds until the page is left
      }
    },
  };
})();
