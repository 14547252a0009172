import { Marked, type Tokens } from "marked"

export type Guide = { html: string; headings: { id: string; text: string }[] }

/** A guide's Markdown as HTML, with an id for each heading. Made when documents are generated, not at a request. */
export function guideHtml(markdown: string): Guide {
  const headings: Guide["headings"] = []
  const marked = new Marked()
  marked.use({
    renderer: {
      heading({ depth, tokens, text }: Tokens.Heading) {
        const content = this.parser.parseInline(tokens)
        if (depth === 1) return `<h1>${content}</h1>\n`
        const id = idOf(text)
        if (depth === 2) headings.push({ id, text: text.replaceAll("`", "") })
        return `<h${depth} id="${id}"><a href="#${id}">${content}</a></h${depth}>\n`
      },
      html: () => {
        throw new Error("A guide is Markdown alone: HTML in it is not rendered")
      },
    },
  })
  const html = marked.parse(markdown, { async: false })
  return { html: makeScrollable(html), headings }
}

const idOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")

// What may be wider than the page scrolls by itself, by the keyboard too.
const makeScrollable = (html: string) =>
  html
    .replaceAll("<pre>", '<pre tabindex="0">')
    .replaceAll("<table>", '<div class="wide" tabindex="0"><table>')
    .replaceAll("</table>", "</table></div>")
