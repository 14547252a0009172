import { tokens } from "../portal/assets.ts"

/** The page's whole style, in the portal's tokens: the browser asks nobody else for anything. */
export const style = `${tokens}
:root { --get: var(--ok); --post: var(--accent); --patch: var(--warn); --delete: var(--bad); --hook: var(--held); }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1.5rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--bg); color: var(--fg); font: 16px/1.6 var(--sans); }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
code, pre { font-family: var(--mono); font-size: 0.86em; }
:not(pre) > code { background: var(--soft); border-radius: 4px; padding: 0.1em 0.25em; overflow-wrap: anywhere; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 8px; margin: 0; padding: 0.9rem 1rem;
  overflow: auto; max-height: 32rem; line-height: 1.5; tab-size: 2; }
.layout { display: grid; grid-template-columns: 17.5rem minmax(0, 1fr); max-width: 94rem; margin: 0 auto; }
nav.side { background: var(--panel); position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 2rem 1rem 3rem 1.5rem; border-right: 1px solid var(--line);
  font-size: 0.875rem; line-height: 1.45; }
nav h2 { font-size: 0.72rem; letter-spacing: 0.07em; text-transform: uppercase; color: var(--dim); margin: 1.5rem 0 0.35rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: 0.18rem 0.5rem; margin-left: -0.5rem; color: var(--fg); border-radius: 5px; }
nav li a:hover { background: var(--soft); text-decoration: none; }
.brand { display: flex; align-items: center; gap: 0.5rem; font-weight: 700; font-size: 1.05rem; color: var(--fg); }
.brand svg { width: 20px; height: 20px; color: var(--accent); }
nav li a[aria-current] { background: var(--accent-soft); color: var(--accent); font-weight: 600; }
.brand small { color: var(--dim); font-weight: 400; font-size: 0.8rem; margin-left: 0.4rem; }
details.menu { display: none; }
main { padding: 2.5rem 3rem 6rem; min-width: 0; }
h1 { font-size: 2.1rem; line-height: 1.2; letter-spacing: -0.02em; margin: 0 0 0.4rem; }
.lead { font-size: 1.1rem; color: var(--dim); max-width: 44rem; margin: 0 0 1.5rem; }
.intro p { max-width: 44rem; }
.steps { padding-left: 1.2rem; max-width: 58rem; }
.steps li { margin-top: 1.1rem; padding-left: 0.3rem; }
.steps li::marker { font-weight: 700; color: var(--accent); }
.steps p { margin: 0 0 0.4rem; }
section.tag { margin-top: 4rem; }
section.tag > h2 { font-size: 1.55rem; letter-spacing: -0.01em; margin: 0; }
section.tag > p { color: var(--dim); margin: 0.2rem 0 0; max-width: 44rem; }
article { display: grid; grid-template-columns: minmax(0, 1.1fr) minmax(0, 1fr); gap: 1rem 2.5rem; padding: 2.2rem 0; border-bottom: 1px solid var(--line); }
article header { grid-column: 1 / -1; }
article h3 { margin: 0; font-size: 1.15rem; }
article h3 a { color: inherit; }
article h4 { font-size: 0.8rem; letter-spacing: 0.05em; text-transform: uppercase; color: var(--dim); margin: 1.4rem 0 0.3rem; }
article h4:first-child { margin-top: 0; }
.path { font-family: var(--mono); font-size: 0.88rem; margin: 0.35rem 0 0; overflow-wrap: anywhere; }
.who { color: var(--dim); font-size: 0.85rem; margin-left: 0.6rem; font-family: var(--sans); white-space: nowrap; }
.method { font: 700 0.72rem/1 var(--mono); letter-spacing: 0.04em; text-transform: uppercase; }
.get { color: var(--get); } .post { color: var(--post); } .patch { color: var(--patch); } .delete { color: var(--delete); } .hook { color: var(--hook); }
.path .method { font-size: 0.85rem; margin-right: 0.5rem; }
.fields { margin: 0; }
.fields > div { padding: 0.55rem 0; border-top: 1px solid var(--line); }
.fields > div:first-child { border-top: 0; padding-top: 0.2rem; }
.fields dt { font-family: var(--mono); font-size: 0.86rem; font-weight: 600; overflow-wrap: anywhere; }
.fields dt span { font-weight: 400; color: var(--dim); margin-left: 0.5rem; }
.fields dt em { font: 600 0.72rem var(--sans); color: var(--delete); margin-left: 0.5rem; }
.fields dd { margin: 0.1rem 0 0; font-size: 0.92rem; color: var(--dim); }
.fields dd small { display: block; font-size: 0.82rem; }
.fields .fields { margin: 0.4rem 0 0.2rem; padding-left: 0.9rem; border-left: 2px solid var(--line); }
details > summary { cursor: pointer; color: var(--accent); font-size: 0.88rem; }
details.body > summary { margin: 0.3rem 0; }
.status { font: 600 0.86rem var(--mono); margin-right: 0.5rem; }
.answers { list-style: none; margin: 0; padding: 0; font-size: 0.92rem; }
.answers li { padding: 0.15rem 0; color: var(--dim); }
.answers code { font-size: 0.8rem; }
.sample + .sample { margin-top: 1rem; }
.sample p { margin: 0 0 0.3rem; font-size: 0.8rem; color: var(--dim); }
[hidden] { display: none !important; }
.languages { border: 0; margin: 0 0 0.3rem; padding: 0; display: flex; gap: 0.2rem 0.9rem; flex-wrap: wrap; font-size: 0.8rem; color: var(--dim); }
.languages legend { float: left; padding: 0; margin-right: 0.9rem; }
.languages label { display: flex; gap: 0.3rem; align-items: center; cursor: pointer; }
.languages input { margin: 0; accent-color: var(--accent); }
@supports selector(:has(*)) {
  .sample:has(input[value="curl"]:checked) :is(.in-typescript, .in-python),
  .sample:has(input[value="typescript"]:checked) :is(.in-curl, .in-python),
  .sample:has(input[value="python"]:checked) :is(.in-curl, .in-typescript) { display: none; }
}
.copied { position: relative; }
.copied > button { position: absolute; top: 0.45rem; right: 0.45rem; font: 600 0.75rem var(--sans); padding: 0.15rem 0.5rem; color: var(--fg);
  background: var(--panel); border: 1px solid var(--edge); border-radius: 6px; cursor: pointer; }
.copied > pre { padding-right: 4.5rem; }
.search { margin: 1.2rem 0 0; }
.search input { width: 100%; font: inherit; color: var(--fg); background: var(--bg); border: 1px solid var(--edge); border-radius: 6px; padding: 0.35rem 0.6rem; }
.search small { color: var(--dim); }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
td, th { text-align: left; padding: 0.45rem 0.8rem 0.45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-size: 0.8rem; color: var(--dim); }
.guide > * { max-width: 58rem; }
.guide h2 { font-size: 1.4rem; margin: 2.6rem 0 0.4rem; }
.guide h2 a { color: inherit; }
main p a, main td a, .guide > ul a, .guide > ol a { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 2px; }
.guide pre, .guide .wide { margin: 1rem 0; }
.wide { overflow-x: auto; }
.wide td:first-child code { white-space: nowrap; }
@media (max-width: 68rem) { article { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 52rem) {
  .layout { display: block; }
  .wide table { min-width: 36rem; }
  nav.side { display: none; }
  details.menu { display: block; position: sticky; top: 0; z-index: 1; background: var(--bg); border-bottom: 1px solid var(--line); padding: 0.7rem 1.1rem; }
  details.menu > summary { color: var(--fg); font-weight: 700; font-size: 1rem; }
  details.menu nav { max-height: 70vh; overflow-y: auto; padding-bottom: 1rem; }
  html { scroll-padding-top: 4rem; }
  main { padding: 1.4rem 1.1rem 4rem; }
  h1 { font-size: 1.65rem; }
  pre { font-size: 0.78rem; }
  .who { display: block; margin: 0.2rem 0 0; }
}
@media print { nav.side, details.menu { display: none; } .layout { display: block; } }
`
