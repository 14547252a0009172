import { posix } from "node:path"
import { Marked, type Tokens } from "marked"

export type Guide = { html: string; headings: { id: string; text: string }[] }

/**
 * The path of a guide in the repository, and the paths at /docs of the guides that are served, by
 * file.
 */
export type Place = { file: string; places: ReadonlyMap<string, string> }

/**
 * Renders a guide's Markdown as HTML, with an id for each heading. Runs when documents are
 * generated, not on a request.
 */
export function guideHtml(markdown: string, { file, places }: Place): Guide {
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
      // A link into the repository becomes a link to the served guide if there is one. Otherwise
      // only its text is kept.
      link({ href, tokens }: Tokens.Link) {
        const content = this.parser.parseInline(tokens)
        const target = targetOf(href, file, places)
        return target === undefined ? content : `<a href="${target}">${content}</a>`
      },
      html: () => {
        throw new Error("A guide may contain only Markdown: HTML is not rendered")
      },
    },
  })
  const html = marked.parse(markdown, { async: false })
  return { html: makeScrollable(html), headings }
}

function targetOf(href: string, file: string, places: Place["places"]): string | undefined {
  if (/^(https:\/\/|#)/.test(href)) return href
  const [path = "", anchor] = href.split("#")
  const place = places.get(posix.join(posix.dirname(file), path))
  return place && (anchor === undefined ? place : `${place}#${anchor}`)
}

const idOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")

// Elements that may be wider than the page scroll on their own, also by keyboard. A column without
// a heading has an empty cell: an empty <th> is read out as a heading without a name.
const makeScrollable = (html: string) =>
  html
    .replaceAll("<th></th>", "<td></td>")
    .replaceAll("<pre>", '<pre tabindex="0">')
    .replaceAll("<table>", '<div class="wide" tabindex="0"><table>')
    .replaceAll("</table>", "</table></div>")
