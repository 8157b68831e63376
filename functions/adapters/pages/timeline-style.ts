// Rules: test/http/timeline-picture.test.ts
/** Takes its colours from the page around it. */
export const timelineStyle = `
.tl { display: block; max-width: 100%; height: auto } .tl text { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--ink) } .tl .q { fill: var(--soft); font-size: 12.5px } .tl .b { font-weight: 600 } .tl .v { font: 13px ui-monospace, "SF Mono", Menlo, Consolas, monospace } .tl .s { font-style: italic }
.tl .lane { stroke: var(--line); stroke-dasharray: 2 4 } .tl .way { fill: none; stroke: var(--soft); stroke-width: 1.5 } .tl .m { fill: var(--paper); stroke: var(--ink); stroke-width: 2 } .tl .g { font-weight: 700; text-anchor: middle } .tl .h { text-anchor: middle }
.tl .go .m { stroke: var(--go) } .tl .go .g { fill: var(--go) } .tl .stop .m { stroke: var(--stop) } .tl .stop .g { fill: var(--stop) } .tl .wait .m { stroke: var(--warn) } .tl .wait .g { fill: var(--warn) }
`

/** Colours for a separate file. */
export const ownColours = `
svg { --ink: #1b1d21; --soft: #565b63; --paper: #fff; --line: #c9cbcf; --go: #14613a; --stop: #a3231c; --warn: #7a4b00; background: var(--paper) }
@media (prefers-color-scheme: dark) { svg { --ink: #e9eaec; --soft: #a9aeb6; --paper: #16181c; --line: #454a53; --go: #7fd6a4; --stop: #ff9d94; --warn: #f3c969 } }
`
