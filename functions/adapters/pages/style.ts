// Rules: test/http/pages.test.ts, test/local/pages/browser-access.test.ts
import { timelineStyle } from './timeline-style.ts'

/**
 * The style sheet. The pages' policy lets a browser apply only the style with this hash. Colour is never the only sign,
 * and everything is readable at 320 pixels and at double size.
 */
export const style = `
:root { color-scheme: light dark; --ink: #1b1d21; --soft: #565b63; --paper: #fff; --card: #f6f6f4; --line: #c9cbcf; --link: #0b57a4; --go: #14613a; --stop: #a3231c; --warn: #7a4b00; --mark: #fff4d6; --on: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e9eaec; --soft: #a9aeb6; --paper: #16181c; --card: #1f2227; --line: #454a53; --link: #8cc0ff; --go: #7fd6a4; --stop: #ff9d94; --warn: #f3c969; --mark: #3a2f14; --on: #16181c } }
* { box-sizing: border-box }
body { margin: 0; font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); background: var(--paper) }
a { color: var(--link) }
.skip { position: absolute; left: -99rem } .skip:focus { left: .5rem; top: .5rem; padding: .5rem; background: var(--paper) }
header { border-bottom: 1px solid var(--line) }
header > div, main, footer { max-width: 78rem; margin: 0 auto; padding: .75rem 1rem } main > * { max-width: 44rem } main > :is(.rows, :has(.rows)) { max-width: none }
header > div { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: center; font-size: .92rem }
header strong { margin-right: auto } header form { margin: 0 0 0 auto }
main { padding-bottom: 3rem; overflow-wrap: break-word }
h1 { font-size: 1.4rem; line-height: 1.3; margin: .75rem 0 .5rem; overflow-wrap: anywhere } h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem } h3 { font-size: 1rem; margin: 1rem 0 .5rem } .box h3 { margin-top: 0 } h4 { font-size: .95rem; margin: .6rem 0 .25rem }
p { margin: .5rem 0 } ul, ol { padding-left: 1.25rem; margin: .5rem 0 } li { margin: .35rem 0 }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .15rem .65rem; padding: 0; margin: 0 } nav li { margin: 0 } nav a { display: block; padding: .25rem 0 } nav [aria-current] { font-weight: 700; color: var(--ink); text-decoration-thickness: 3px }
.soft { color: var(--soft) } code, pre { font: .92em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere }
pre { margin: .15rem 0 .6rem; padding: .5rem .65rem; background: var(--card); border: 1px solid var(--line); border-radius: .35rem; white-space: pre-wrap }
.chips { display: flex; flex-wrap: wrap; gap: .4rem; margin: .25rem 0 }
.chip { border: 1px solid currentColor; border-radius: 1rem; padding: .05rem .65rem; font-size: .9rem; font-weight: 600 }
.chip.prod { border-width: 2px; border-style: double; color: var(--stop) } .chip.drill { border-style: dashed; border-width: 2px } .chip.go { color: var(--go) } .chip.stop { color: var(--stop) } .chip.wait { color: var(--warn) }
.notice { border: 1px solid var(--line); border-left: .4rem solid var(--warn); background: var(--mark); padding: .6rem .9rem; border-radius: .35rem; margin: .75rem 0 } .notice p { margin: 0 } .notice.go { border-left-color: var(--go) }
dl { margin: .5rem 0; display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: .35rem 1rem } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
.diff dd > span { color: var(--soft) } .diff del, .diff ins { text-decoration: none; display: inline-block; max-width: 100%; padding: .05rem .5rem; border: 1px dashed var(--soft); border-radius: .35rem } .diff ins { border: 2px solid var(--ink); font-weight: 600 } .side { color: var(--soft); font-size: .8rem; font-weight: 400 }
blockquote { margin: .5rem 0; padding: .4rem .9rem; border-left: .3rem dotted var(--soft); color: var(--soft); font-style: italic; overflow-wrap: anywhere }
.tree { list-style: none; padding: 0 } .tree .tree { padding-left: 1.25rem; border-left: 2px solid var(--line) }
.list { list-style: none; padding: 0 } .list > li { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin: .75rem 0 } .list h2, .list h3 { margin: 0 0 .25rem }
.box { border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1rem; margin: .75rem 0 }
label { display: block; font-weight: 600; margin: .5rem 0 .2rem } .hint { color: var(--soft); font-size: .92rem; font-weight: 400 }
textarea, input, select { font: inherit; color: inherit; background: var(--paper); width: 100%; padding: .5rem .6rem; border: 1px solid var(--soft); border-radius: .35rem } textarea { min-height: 4.2rem } input[type=number] { max-width: 12rem }
input[type=radio], input[type=checkbox] { width: auto; min-height: 0; margin: .3rem .2rem 0 0; flex: none } fieldset { border: 0; padding: 0; margin: 0 } legend { font-weight: 600; padding: 0 } .choice { display: flex; gap: .4rem; padding: .4rem 0; font-weight: 400 }
input, select { min-height: 2.75rem } input[type=datetime-local] { max-width: 16rem } [aria-invalid=true] { border: 2px solid var(--stop) } .wrong { color: var(--stop) } .wrong::before { content: "✗ " }
.fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); gap: 0 1rem; align-items: end }
.budgets { list-style: none; padding: 0 } .budgets strong { white-space: nowrap } meter { display: block; width: 100%; height: 1rem; margin-top: .15rem }
table { width: 100%; border-collapse: collapse } th, td { text-align: left; vertical-align: top; padding: .45rem .5rem .45rem 0; border-bottom: 1px solid var(--line) } td { white-space: nowrap } thead th { color: var(--soft); font-weight: 400 }
.rows { margin: .75rem 0 } .rows :is(th, td) { min-width: 5.5rem; padding-right: 1rem; white-space: normal } .rows thead th:first-child { width: 26% } .rows tbody th { min-width: 11rem; font-weight: 600 } .rows td:has(.chips) { min-width: 13rem } .rows tbody tr:hover, .rows tr:focus-within { background: var(--card) } .rows :is(time, .button) { white-space: nowrap }
.rows :is(.chips, p, ul) { margin: 0 0 .15rem } .rows ul { display: flex; flex-wrap: wrap; gap: 0 .4rem; padding: 0; list-style: none } .rows li { margin: 0 } .rows li:not(:last-child)::after { content: "," } .rows .soft { font-size: .92rem; font-weight: 400 } .rows .chip { font-size: .85rem } .rows .button { margin: 0; min-height: 0; padding: .2rem .8rem }
@media (max-width: 52rem) { .rows, .rows :is(tbody, tr, th, td) { display: block } .rows thead { position: absolute; left: -99rem } .rows tr { border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .9rem; margin: .75rem 0 } .rows :is(th, td) { border: 0; padding: .15rem 0; min-width: 0 }
.rows td::before { content: attr(data-heading) ": "; color: var(--soft) } .rows td:empty { display: none } .rows :is(.chips, p):first-child { display: inline-flex } .rows .button { min-height: 2.75rem; padding: .5rem 1.1rem } }
.met td strong, .line .met span { color: var(--go) } .missed td strong, .line .missed span { color: var(--stop) }
.bar { display: block; width: 100%; min-width: 4rem; height: .4rem; margin-top: .3rem } .bar .all { fill: var(--line) } .bar .part { fill: var(--go) } .missed .bar .part { fill: var(--stop) }
.line { list-style: none; padding: 0; margin: 1.5rem 0; display: grid; grid-template-columns: repeat(5, 1fr); gap: .5rem } .line li { position: relative; margin: 0; padding: 2.6rem .1rem 0; text-align: center; line-height: 1.3 } .line strong, .line span { display: block }
.line li::before { content: "…"; position: absolute; z-index: 1; top: 0; left: calc(50% - 1.05rem); width: 2.1rem; height: 2.1rem; line-height: 1.9rem; text-align: center; border: 2px solid var(--soft); border-radius: 50%; background: var(--paper); font-weight: 700 } .line .met::before { content: "✓"; border-color: var(--go); background: var(--go); color: var(--on) } .line .missed::before { content: "✗"; border-color: var(--stop); background: var(--stop); color: var(--on) } .line .unknown::before { content: "?" } .line .not_due::before { content: "–" }
.line li:not(:last-child)::after { content: ""; position: absolute; top: 1rem; left: 50%; width: calc(100% + .5rem); border-top: 3px solid var(--line) }
button, .button { font: inherit; font-weight: 600; cursor: pointer; display: inline-block; min-height: 2.75rem; padding: .45rem 1.1rem; margin-top: .6rem; border-radius: .4rem; border: 2px solid var(--ink); color: var(--ink); background: var(--paper); text-decoration: none }
button.go { border-color: var(--go); background: var(--go); color: var(--on) } button.stop { border-color: var(--stop); color: var(--stop) } header button { margin: 0; min-height: 2.2rem; padding: .15rem .8rem; border-width: 1px; font-weight: 400 }
[hidden] { display: none } footer { text-align: right } footer button { margin: 0; min-height: 2.2rem; padding: .15rem .8rem; border-width: 1px; font-weight: 400 } kbd { font: .92em ui-monospace, "SF Mono", Menlo, Consolas, monospace; border: 1px solid var(--soft); border-radius: .25rem; padding: 0 .35rem }
dialog { max-width: 30rem; color: var(--ink); background: var(--paper); border: 1px solid var(--soft); border-radius: .5rem } dialog::backdrop { background: #0009 } dialog h2 { margin-top: 0 } dialog dl { grid-template-columns: 5rem 1fr } h1:focus { outline: none }
:focus-visible, input:focus-within { outline: 3px solid var(--link); outline-offset: 2px } summary { cursor: pointer; font-weight: 600; padding: .35rem 0 }
@media (max-width: 34rem) { td { white-space: normal } dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .5rem } .box button { width: 100% }
.line { grid-template-columns: 1fr; gap: 0 } .line li { text-align: left; padding: .3rem 0 1rem 3rem; min-height: 3.2rem } .line li::before { left: 0 } .line li:not(:last-child)::after { left: 1rem; top: 2.1rem; bottom: 0; width: 0; border-top: 0; border-left: 3px solid var(--line) } }
${timelineStyle}.items { padding-left: 2.2rem } .items ul { padding: 0; list-style: none; margin: 0 } .tl-narrow { display: none }
@media (max-width: 34rem) { .tl-wide { display: none } .tl-narrow { display: block } }
@media print { header, footer, form, details { display: none } }
`
