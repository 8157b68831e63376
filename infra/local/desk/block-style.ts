/** How blocks, their elements, confirmations and modals look. Colours are those of the page. */
export const blockStyle = `
.blocks { max-width: 680px; display: grid; gap: 10px; padding-top: 4px; }
.blocks > * { min-width: 0; }
.lines { white-space: pre-wrap; }
.text { max-width: 720px; }
.text > .lines { display: block; }
.text > pre, .text > blockquote { margin: 5px 0; }
.blocks h3 { font-size: 18px; font-weight: 800; line-height: 1.3; }
hr { border: 0; border-top: 1px solid var(--line); width: 100%; margin: 2px 0; }
.section { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 14px; }
.section-text { display: grid; gap: 9px; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 9px 18px; }
.accessory { grid-column: 2; }
.context { display: flex; flex-wrap: wrap; gap: 4px 12px; color: var(--soft); font-size: 13px; line-height: 1.4; }
.rich { display: grid; gap: 6px; }
.rich ul, .rich ol { margin: 0; padding-left: 24px; }
.indent-1 { margin-left: 24px !important; }
.indent-2 { margin-left: 48px !important; }
.indent-3 { margin-left: 72px !important; }
pre, code { font: 12.5px / 1.5 ui-monospace, "SF Mono", Menlo, Monaco, "DejaVu Sans Mono", monospace; }
code {
  background: var(--code); color: var(--code-ink); border: 1px solid var(--line); border-radius: 4px; padding: 1px 4px;
}
pre {
  margin: 0; background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: 9px 11px;
  white-space: pre-wrap;
}
pre code { border: 0; padding: 0; background: none; color: inherit; }
blockquote { margin: 0; padding: 1px 0 1px 13px; border-left: 4px solid var(--line); }
.mention { background: var(--mention); color: var(--mention-ink); border-radius: 4px; padding: 0 3px; }
.loud { background: var(--loud); color: inherit; }
.alert {
  display: flex; gap: 9px; padding: 9px 12px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--code);
}
.alert.warning { background: var(--warn); }
.alert.error { background: var(--bad); }
.alert.success { background: var(--good); }
.alert.info { background: var(--info); }
.image {
  display: inline-block; border: 1px dashed var(--line); border-radius: 6px; padding: 4px 8px; color: var(--soft);
  font-size: 12.5px;
}
.buttons { display: flex; flex-wrap: wrap; gap: 9px; }
.button {
  font: inherit; font-size: 14px; font-weight: 700; line-height: 1.3; min-height: 36px; padding: 7px 14px;
  border: 1px solid color-mix(in srgb, var(--ink) 32%, transparent); border-radius: 8px; background: var(--raised);
  color: var(--ink); cursor: pointer; display: inline-flex; align-items: center;
}
.button:hover { background: color-mix(in srgb, var(--ink) 6%, var(--raised)); text-decoration: none; }
.button.primary { background: var(--go); border-color: transparent; color: var(--on); }
.button.danger { background: var(--stop); border-color: transparent; color: var(--on); }
.button.primary:hover, .button.danger:hover { filter: brightness(1.1); }
[aria-busy="true"] { opacity: 0.55; cursor: progress; }
.confirm {
  width: min(440px, calc(100vw - 32px)); border: 1px solid var(--line); border-radius: 12px; padding: 22px;
  background: var(--raised); color: var(--ink); box-shadow: 0 18px 50px rgb(0 0 0 / 0.3);
}
.confirm h2 { font-size: 20px; font-weight: 800; margin-bottom: 10px; }
.confirm .buttons { justify-content: flex-end; margin-top: 20px; }
::backdrop { background: rgb(0 0 0 / 0.5); }
.composer { padding: 0 20px 18px; }
.composer form {
  display: flex; gap: 8px; border: 1px solid color-mix(in srgb, var(--ink) 32%, transparent); border-radius: 9px;
  padding: 5px;
}
.composer form:focus-within { border-color: var(--ring); }
.composer input { flex: 1; min-width: 0; border: 0; background: none; padding: 6px 9px; outline: 0; }
input, select, textarea {
  font: inherit; color: inherit; background: var(--raised);
  border: 1px solid color-mix(in srgb, var(--ink) 38%, transparent); border-radius: 7px; padding: 7px 11px;
  max-width: 100%;
}
input[type="radio"], input[type="checkbox"] {
  padding: 0; width: 17px; height: 17px; flex: none; accent-color: var(--go);
}
.chooser { display: inline-flex; gap: 6px; flex-wrap: wrap; }
.choices { display: grid; gap: 7px; }
.choices label { display: flex; gap: 8px; align-items: baseline; font-weight: 400; }
.choices small { display: block; color: var(--soft); }
.input { display: grid; gap: 6px; }
.input > label { font-weight: 700; }
.input small { font-weight: 400; color: var(--soft); }
.input > input, .input > select, .input > textarea { width: 100%; }
.hint { color: var(--soft); font-size: 13px; }
.error { color: var(--stop); font-size: 14px; }
.wrong input, .wrong textarea, .wrong select { border-color: var(--stop); }
@media (prefers-color-scheme: dark) {
  .error { color: #ff8ba3; }
}
dialog.modal {
  width: min(540px, calc(100vw - 24px)); max-height: calc(100dvh - 48px); padding: 0; border: 1px solid var(--line);
  border-radius: 12px; background: var(--raised); color: var(--ink); box-shadow: 0 18px 60px rgb(0 0 0 / 0.35);
}
dialog.modal:not(:modal) { position: fixed; inset: 24px 0; z-index: 5; }
.modal form { display: grid; grid-template-rows: auto minmax(0, 1fr) auto; max-height: calc(100dvh - 50px); }
.modal header { display: flex; justify-content: space-between; align-items: center; padding: 16px 22px; }
.modal header h2 { font-size: 21px; font-weight: 800; }
.modal .body { overflow: auto; padding: 4px 22px 18px; }
.modal .blocks { gap: 18px; }
.modal footer {
  display: flex; justify-content: flex-end; gap: 10px; padding: 14px 22px; border-top: 1px solid var(--line);
}
.close {
  border: 0; background: none; font-size: 22px; line-height: 1; padding: 6px 9px; border-radius: 6px; cursor: pointer;
  color: var(--soft);
}
.close:hover { background: color-mix(in srgb, var(--ink) 8%, transparent); }
.empty { color: var(--soft); padding: 28px 20px; text-align: center; }
.home { padding: 8px 24px; }
.menu, #menu { display: none; }
`
