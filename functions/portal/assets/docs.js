// Adds to the docs: a search, copying, one language for all samples. Every page works without it.
;(() => {
  const LANGUAGE = "ringback-docs-language"

  // Close the overlay menu after a link is followed.
  const folded = document.querySelector("details.menu")
  folded?.addEventListener("click", (event) => {
    if (event.target.closest("a")) folded.open = false
  })

  for (const search of document.querySelectorAll("input[data-search]")) {
    search.closest("[hidden]").hidden = false
    const menu = search.closest("nav")
    const said = menu.querySelector("[data-found]")
    search.addEventListener("input", () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
      let found = 0
      for (const list of menu.querySelectorAll("ul")) {
        let isAny = false
        for (const entry of list.children) {
          const text = `${entry.textContent} ${entry.dataset.words ?? ""}`.toLowerCase()
          entry.hidden = !words.every((word) => text.includes(word))
          if (!entry.hidden) {
            isAny = true
            found++
          }
        }
        list.hidden = !isAny
        if (list.previousElementSibling?.localName === "h2")
          list.previousElementSibling.hidden = !isAny
      }
      said.textContent = words.length === 0 ? "" : found === 1 ? "1 entry" : `${found} entries`
    })
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") menu.querySelector("li:not([hidden]) a")?.click()
      if (event.key === "Escape") {
        search.value = ""
        search.dispatchEvent(new Event("input"))
      }
    })
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, textarea")) return
    const search = [...document.querySelectorAll("input[data-search]")].find((each) =>
      each.checkVisibility(),
    )
    if (search) {
      event.preventDefault()
      search.focus()
    }
  })

  for (const pre of document.querySelectorAll("main pre")) {
    const holder = document.createElement("div")
    holder.className = `copied ${pre.className}`
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = "Copy"
    pre.before(holder)
    holder.append(pre, button)
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent)
        button.textContent = "Copied"
      } catch {
        getSelection().selectAllChildren(pre)
        button.textContent = "Selected"
      }
      setTimeout(() => (button.textContent = "Copy"), 2_000)
    })
  }

  const choose = (language) => {
    for (const radio of document.querySelectorAll(
      `.languages input[value="${CSS.escape(language)}"]`,
    ))
      radio.checked = true
  }
  try {
    choose(localStorage.getItem(LANGUAGE) ?? "curl")
  } catch {
    // localStorage may be unavailable.
  }
  document.addEventListener("change", ({ target }) => {
    if (!target.matches(".languages input")) return
    const { top } = target.getBoundingClientRect()
    choose(target.value)
    // Content above changed height: keep the control in place.
    scrollBy({ top: target.getBoundingClientRect().top - top, behavior: "instant" })
    try {
      localStorage.setItem(LANGUAGE, target.value)
    } catch {
      // As above.
    }
  })
})()
