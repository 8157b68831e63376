// Rules: test/local/desk/browser.test.ts
// The workspace around the cards: colours for light and dark, the sidebar, the conversation.
const frame = `
:root {
  color-scheme: light dark; --ink: #1d1c1d; --soft: #616061; --paper: #fff; --raised: #fff; --line: #dddcdd;
  --hover: #f8f8f8; --code: #f6f6f6; --code-ink: #b3164a; --link: #0b5fa5; --go: #00704d; --stop: #c8143f; --on: #fff;
  --mention: #e3f0fb; --mention-ink: #0b4f8a; --told: #fbf8ef; --nav: #2f1b36; --nav-ink: #d9cddd;
  --nav-soft: #a996af; --nav-on: #0d5c8f; --nav-line: #4a3352; --ring: #1d7fd1; --warn: #fdf3d7;
  font: 15px / 1.47 Lato, "Slack-Lato", -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #d8d9da; --soft: #a3a5a8; --paper: #1a1d21; --raised: #222529; --line: #3a3d42; --hover: #202327;
    --code: #25282d; --code-ink: #f0879f; --link: #62b0ea; --go: #0b7a57; --stop: #cf2f54; --mention: #1b3a52;
    --mention-ink: #8cc8f5; --told: #211f1a; --nav: #1b121f; --nav-ink: #cfc4d3; --nav-soft: #978a9c;
    --nav-line: #35283b; --nav-on: #14557f; --warn: #362d17;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; height: 100dvh; color: var(--ink); background: var(--paper); display: grid;
  grid-template-columns: 260px minmax(0, 1fr); overflow-wrap: anywhere;
}
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--ring); outline-offset: 2px; }
h1, h2, h3, p { margin: 0; font-size: inherit; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
nav { background: var(--nav); color: var(--nav-ink); overflow: auto; padding: 0 0 12px; font-size: 14px; }
nav h1 { color: #fff; font-size: 17px; font-weight: 800; padding: 15px 18px 1px; }
nav .sub { color: var(--nav-soft); padding: 0 18px 13px; border-bottom: 1px solid var(--nav-line); font-size: 12.5px; }
nav h2 { font-size: 12.5px; font-weight: 600; color: var(--nav-soft); padding: 18px 18px 5px; }
nav ul { list-style: none; margin: 0; padding: 0 8px; }
nav li a {
  display: flex; align-items: center; gap: 9px; min-height: 32px; padding: 4px 10px; border-radius: 7px;
  color: inherit;
}
nav li a:hover { background: rgb(255 255 255 / 0.08); text-decoration: none; }
nav li a[aria-current] { background: var(--nav-on); color: #fff; }
nav .hash { width: 18px; text-align: center; opacity: 0.75; }
nav .who { display: grid; line-height: 1.25; min-width: 0; }
nav .who small { color: var(--nav-soft); font-size: 11.5px; }
nav a[aria-current] small { color: #d3e6f3; }
nav .count {
  margin-left: auto; background: #d9224f; color: #fff; font-size: 11.5px; font-weight: 700; border-radius: 9px;
  padding: 0 7px; line-height: 18px;
}
.avatar {
  flex: none; width: 36px; height: 36px; border-radius: 8px; display: grid; place-items: center; color: #fff;
  font-weight: 700; font-size: 14px; background: #5b6770; user-select: none;
}
nav .avatar { width: 24px; height: 24px; border-radius: 6px; font-size: 10.5px; }
.tone0 { background: #8b4a62; } .tone1 { background: #2f6f73; }
.tone2 { background: #74622a; } .tone3 { background: #4a5d9c; }
.tone4 { background: #7a4b95; } .tone5 { background: #3d7a45; }
.tone6 { background: #a0522d; } .tone7 { background: #50616e; }
.app { background: linear-gradient(145deg, #f08a24, #c63f17); }
.pane { display: grid; grid-template-rows: auto auto minmax(0, 1fr) auto; height: 100dvh; min-width: 0; }
.pane > header {
  display: flex; align-items: baseline; gap: 12px; padding: 13px 20px; border-bottom: 1px solid var(--line);
}
.pane > header h2 { font-size: 18px; font-weight: 800; line-height: 1.3; }
.pane > header p { color: var(--soft); font-size: 13px; }
#notice p { background: var(--warn); border-bottom: 1px solid var(--line); padding: 9px 20px; font-size: 14px; }
.scroll { display: flex; flex-direction: column-reverse; overflow: auto; padding: 14px 0; }
.scroll:has(> .home) { flex-direction: column; }
.message {
  display: grid; grid-template-columns: 36px minmax(0, 1fr); gap: 10px; padding: 8px 20px; position: relative;
}
.message:hover { background: var(--hover); }
.message .by { display: flex; align-items: baseline; gap: 7px; flex-wrap: wrap; line-height: 1.3; }
.message .by b { font-weight: 800; }
.badge {
  font-size: 10px; font-weight: 700; letter-spacing: 0.02em; color: var(--soft);
  background: color-mix(in srgb, var(--ink) 9%, transparent); border-radius: 3px; padding: 1px 4px; align-self: center;
}
time, .by small { color: var(--soft); font-size: 12px; }
.text time, .rich time, .context time, .confirm time { color: inherit; font-size: inherit; }
.message.told { background: var(--told); }
.only { display: flex; align-items: center; gap: 6px; color: var(--soft); font-size: 12.5px; margin-bottom: 1px; }
.link {
  font: inherit; font-size: 12.5px; border: 0; background: none; color: var(--link); padding: 3px; cursor: pointer;
}
.link:hover { text-decoration: underline; }
.reply { margin-left: 46px; }
`

// On a phone the sidebar is behind a button, and buttons are wide enough for a thumb.
const narrow = `
@media (max-width: 720px) {
  body { grid-template-columns: minmax(0, 1fr); grid-template-rows: auto minmax(0, 1fr); }
  .pane { height: auto; min-height: 0; }
  nav { max-height: 70dvh; padding: 0; }
  nav > .top { display: none; }
  #menu { display: block; }
  .menu {
    display: flex; align-items: center; gap: 9px; padding: 11px 16px; color: #fff; font-weight: 700; cursor: pointer;
  }
  .menu::after { content: "▾"; margin-left: auto; }
  #menu:checked + .menu::after { content: "▴"; }
  #menu:focus-visible + .menu { outline: 2px solid var(--ring); outline-offset: -2px; }
  .drawer { padding-bottom: 12px; }
  #menu:not(:checked) ~ .drawer { display: none; }
  .pane > header { padding: 10px 14px; }
  .pane > header p { display: none; }
  .message { padding: 8px 14px; }
  .composer { padding: 0 12px 12px; }
  .buttons .button { flex: 1 1 auto; justify-content: center; min-height: 44px; }
  .reply { margin-left: 18px; }
}
@media (prefers-reduced-motion: no-preference) {
  .button { transition: background 0.12s; }
}
`

// Blocks, their elements, confirmations and modals.
const blocks = `
.blocks { max-width: 680px; display: grid; gap: 10px; padding-top: 4px; }
.blocks > * { min-width: 0; }
.lines { white-space: pre-wrap; }
.text { max-width: 720px; }
.text > .lines { display: block; }
.blocks h3 { font-size: 18px; font-weight: 800; line-height: 1.3; }
hr { border: 0; border-top: 1px solid var(--line); width: 100%; margin: 2px 0; }
.context { display: flex; flex-wrap: wrap; gap: 4px 12px; color: var(--soft); font-size: 13px; line-height: 1.4; }
.rich { display: grid; gap: 6px; }
.rich ul, .rich ol { margin: 0; padding-left: 24px; }
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
.menu {
  padding: 6px 0; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); color: var(--ink);
  box-shadow: 0 18px 50px rgb(0 0 0 / 0.3);
}
.menu:popover-open { display: grid; }
.menu::backdrop { background: none; }
.choice { font: inherit; text-align: left; padding: 7px 18px; border: 0; background: none; color: inherit; cursor: pointer; }
.choice:hover, .choice:focus-visible { background: var(--nav-on); color: #fff; }
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

export const pageStyle = frame + blocks + narrow
