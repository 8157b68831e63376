import { blockStyle } from './block-style.ts'

// The workspace around the cards: colours for light and dark, the sidebar, the conversation.
const frame = `
:root {
  color-scheme: light dark; --ink: #1d1c1d; --soft: #616061; --paper: #fff; --raised: #fff; --line: #dddcdd;
  --hover: #f8f8f8; --code: #f6f6f6; --code-ink: #b3164a; --link: #0b5fa5; --go: #00704d; --stop: #c8143f; --on: #fff;
  --mention: #e3f0fb; --mention-ink: #0b4f8a; --loud: #fdf0c4; --told: #fbf8ef; --nav: #2f1b36; --nav-ink: #d9cddd;
  --nav-soft: #a996af; --nav-on: #0d5c8f; --nav-line: #4a3352; --ring: #1d7fd1; --warn: #fdf3d7; --bad: #fdeaed;
  --good: #e5f6ee; --info: #e8f3fc;
  font: 15px / 1.47 Lato, "Slack-Lato", -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #d8d9da; --soft: #a3a5a8; --paper: #1a1d21; --raised: #222529; --line: #3a3d42; --hover: #202327;
    --code: #25282d; --code-ink: #f0879f; --link: #62b0ea; --go: #0b7a57; --stop: #cf2f54; --mention: #1b3a52;
    --mention-ink: #8cc8f5; --loud: #4d4020; --told: #211f1a; --nav: #1b121f; --nav-ink: #cfc4d3; --nav-soft: #978a9c;
    --nav-line: #35283b; --nav-on: #14557f; --warn: #362d17; --bad: #3a1d24; --good: #163125; --info: #172c3d;
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
.tone0 { background: #8b4a62; }
.tone1 { background: #2f6f73; }
.tone2 { background: #74622a; }
.tone3 { background: #4a5d9c; }
.tone4 { background: #7a4b95; }
.tone5 { background: #3d7a45; }
.tone6 { background: #a0522d; }
.tone7 { background: #50616e; }
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
.text time, .rich time, .context time, .alert time, .confirm time { color: inherit; font-size: inherit; }
.message.told { background: var(--told); }
.only { display: flex; align-items: center; gap: 6px; color: var(--soft); font-size: 12.5px; margin-bottom: 1px; }
.link {
  font: inherit; font-size: 12.5px; border: 0; background: none; color: var(--link); padding: 3px; cursor: pointer;
}
.link:hover { text-decoration: underline; }
.reply { margin-left: 46px; }
`

// On a phone the sidebar is behind one button, and buttons are wide enough for a thumb.
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
  .fields { grid-template-columns: 1fr; }
  .section { grid-template-columns: minmax(0, 1fr); }
  .accessory { grid-column: 1; }
  .buttons .button { flex: 1 1 auto; justify-content: center; min-height: 44px; }
  .reply { margin-left: 18px; }
}
@media (prefers-reduced-motion: no-preference) {
  .button { transition: background 0.12s; }
}
`

export const pageStyle = frame + blockStyle + narrow
