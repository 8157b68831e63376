// Rules: test/local/pictures-demo.test.ts
import { type Html, html } from '../desk/html.ts'
import { wrap } from './report.ts'

/**
 * The story of the demo as a moving picture: a terminal beside a card, for twenty seconds. It is SVG without a script, so
 * that a page shows it as an image. Each text is one that the demo found.
 */

/** An expectation of the demo, with its finding. */
export type Told = { readonly expected: string; readonly found: string }

/** The expectations of the story that are drawn. */
export const shown = {
  sick: 'checkout in prod is unhealthy, and one parameter is to blame',
  asked: 'the request waits at tier 2, for the owner first and sre then',
  card: 'a card comes that shows the exact change and its digest',
  open: 'the card says in plain words what IAM cannot pin',
  first: 'Ben, an owner, clicks Approve, and the card turns to sre',
  second: 'Eve, of sre, clicks Approve, and the request is approved',
  token: 'the access token is for this one thing, bound to the agent’s key',
  dead: 'completed: the same AWS credentials are refused by IAM, long before they expire',
  healthy: 'checkout is healthy, and the task is completed',
  closed: 'the one card says how it ended, and has no buttons left',
} as const
type Shown = keyof typeof shown
const names = Object.keys(shown) as Shown[]

export type Recording = { readonly [name in Shown]: string }

/** The findings that are drawn, without ids, addresses and times, which differ from run to run. */
export function recordingOf(told: readonly Told[]): Recording {
  const found = names.map((name) => [name, told.find(({ expected }) => expected === shown[name])?.found ?? ''] as const)
  const missing = found.filter(([, text]) => text === '').map(([name]) => shown[name])
  if (missing.length > 0) throw new Error(`the demo did not tell: ${missing.join('; ')}`)
  return Object.fromEntries(found.map(([name, text]) => [name, alike(text)])) as Recording
}

const alike = (text: string): string =>
  text
    .replaceAll(/req_[0-9a-z]+/g, 'req_…')
    .replaceAll(/sha-256:[\w-]+/g, 'sha-256:…')
    .replaceAll(/aud \S+, /g, '')
    .replaceAll(/\d+ ms after, at try \d+/g, 'soon after')

const [width, height, length] = [880, 340, 20]
const terminal = { x: 8, y: 8, width: 428, height: 324 }
const card = { x: 448, y: 8, width: 424, height: 324 }
const buttonY = 228

type Line = { readonly at: number; readonly text: string; readonly kind?: 'ask' | 'go' | 'stop' | 'dim' }

/** The second at which each thing is seen. */
const seconds = { card: 3.2, first: 6, second: 9.4, token: 11, act: 12.4, done: 13.8, refused: 15.6 } as const

function linesOf({ sick, asked, token, healthy, dead }: Recording): Line[] {
  const [, tier = ''] = /(tier .*)/.exec(asked) ?? []
  const [health = ''] = healthy.split(';')
  return [
    { at: 0.2, text: sick.split(';')[0] ?? '', kind: 'stop' },
    { at: 1.2, text: 'may I? ssm:PutParameter', kind: 'ask' },
    { at: 2.2, text: `people decide: ${tier}`, kind: 'dim' },
    { at: seconds.token, text: `a credential ${token}`, kind: 'go' },
    { at: seconds.act, text: 'ssm:PutParameter', kind: 'ask' },
    { at: seconds.act + 0.6, text: health, kind: 'go' },
    { at: seconds.done, text: 'done: it gives the credential back', kind: 'ask' },
    { at: seconds.refused, text: 'ssm:PutParameter, the same once more', kind: 'ask' },
    // The card shows the resource.
    { at: seconds.refused + 0.8, text: dead.replace(/ on arn:\S+/, ''), kind: 'stop' },
  ]
}

type Face = { readonly from: number; readonly to: number; readonly headline: string; readonly has: string }

/** The states of the one card. */
function facesOf({ card, first, second, closed }: Recording): Face[] {
  const headline = (text: string) => /"(.*?)\. /.exec(text)?.[1] ?? ''
  const [, by = ''] = /approved by (.*)/.exec(second) ?? []
  return [
    { from: seconds.card, to: seconds.first, headline: headline(card), has: 'buttons' },
    { from: seconds.first, to: seconds.second, headline: headline(first), has: 'buttons' },
    { from: seconds.second, to: seconds.done, headline: 'Approved', has: by },
    { from: seconds.done, to: length, headline: headline(closed), has: by },
  ]
}

/** The same recording is always the same picture. */
export function drawDemo(recording: Recording): string {
  const rules: string[] = []
  /** The class of what is seen from a second on, until another. */
  const seen = (from: number, to = length): string => {
    const name = `s${rules.length}`
    const end = to < length ? `${percent(to)}{opacity:1}${percent(to + 0.01)},to{opacity:0}` : 'to{opacity:1}'
    rules.push(
      `@keyframes ${name}{0%,${percent(from)}{opacity:0}${percent(from + 0.25)}{opacity:1}${end}}`,
      `.${name}{animation:${name} ${length}s infinite;opacity:${to < length ? 0 : 1}}`,
    )
    return name
  }
  const drawn = [
    drawTerminal(linesOf(recording), seen),
    drawCard(recording, facesOf(recording), seen),
    drawClicks(seen),
  ]
  const said =
    'An agent asks for one change, an owner and a person of sre click Approve on one card, the agent makes it, and the same call again is refused.'
  const picture = html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${said}"><style>STYLE</style>${drawn}</svg>`
  return `${picture.markup.replace('STYLE', `${style}${rules.join('')}${calm}`)}\n`
}

const percent = (second: number): string => `${Math.min(100, (100 * second) / length).toFixed(2)}%`

type Seen = (from: number, to?: number) => string

function drawTerminal(lines: readonly Line[], seen: Seen): Html {
  const { x, y, width, height } = terminal
  let row = 0
  const drawn = lines.map(({ at, text, kind = 'dim' }) => {
    const parts = wrap(text, 50)
    const top = row
    row += parts.length + (kind === 'ask' ? 0 : 0.45)
    const sign = { ask: '$', go: '✓', stop: '✗', dim: ' ' }[kind]
    return html`<g class="${seen(at)} ${kind}"><text x="${x + 16}" y="${rowAt(y, top)}">${sign}</text>${parts.map(
      (part, index) => html`<text x="${x + 34}" y="${rowAt(y, top + index)}">${part}</text>`,
    )}</g>`
  })
  return html`<g class="term"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="10"/><text class="name" x="${x + 16}" y="${y + 26}">agent:remediator</text>${drawn}</g>`
}

const rowAt = (y: number, row: number): string => (y + 58 + row * 22).toFixed(0)

function drawCard(recording: Recording, faces: readonly Face[], seen: Seen): Html {
  const { x, y, width, height } = card
  const left = x + 20
  const [, tier = ''] = /(tier \d+)/.exec(recording.asked) ?? []
  const [, now = ''] = /is (\d+)$/.exec(recording.sick) ?? []
  const [, name = '', value = ''] = /…, (\/\S+), (\d+),/.exec(recording.card) ?? []
  const open = wrap(recording.open.split(';')[0] ?? '', 46)
  const body = [
    html`<text class="app" x="${left}" y="${y + 84}">ssm:PutParameter in prod, ${tier}</text>`,
    html`<text class="mono" x="${left}" y="${y + 106}">${name}</text><text class="mono" x="${left}" y="${y + 128}">${now} → ${value}</text>`,
    html`<text class="quiet" x="${left}" y="${y + 154}">The credential leaves open:</text>`,
    open.map((line, index) => html`<text class="quiet" x="${left}" y="${y + 174 + index * 18}">${line}</text>`),
  ]
  const buttons = html`<g class="yes"><rect x="${left}" y="${buttonY}" width="92" height="34" rx="6"/><text x="${left + 46}" y="${buttonY + 22}">Approve</text></g><g class="no"><rect x="${left + 104}" y="${buttonY}" width="82" height="34" rx="6"/><text x="${left + 145}" y="${buttonY + 22}">Narrow</text></g><g class="no"><rect x="${left + 198}" y="${buttonY}" width="70" height="34" rx="6"/><text x="${left + 233}" y="${buttonY + 22}">Deny</text></g>`
  const drawn = faces.map(({ from, to, headline, has }) => {
    const by = has
      .split(' and ')
      .map((line, index) => html`<text class="go" x="${left}" y="${buttonY + 20 + index * 24}">✓ ${line}</text>`)
    return html`<g class="${seen(from, to)}"><text class="head" x="${left}" y="${y + 54}">${headline}</text>${has === 'buttons' ? buttons : by}</g>`
  })
  return html`<g class="card"><rect class="desk" x="${x}" y="${y}" width="${width}" height="${height}" rx="10"/><text class="quiet" x="${left}" y="${y + 26}">Slack, one card</text><g class="${seen(seconds.card)}">${body}</g>${drawn}</g>`
}

/** Two people, each with a pointer that comes to Approve and clicks. */
function drawClicks(seen: Seen): Html {
  const people = [
    { name: 'Ben, an owner', at: seconds.first },
    { name: 'Eve, of sre', at: seconds.second },
  ]
  const [x, y] = [card.x + 78, buttonY + 22]
  const drawn = people.map(
    ({ name, at }, index) =>
      html`<g class="${seen(at - 2, at + 0.4)} hand"><g class="way${index}"><path d="M${x},${y}l0,18 5,-4 4,8 4,-2 -4,-8 6,-1z"/><text x="${x + 20}" y="${y + 40}">${name}</text></g></g><circle class="${seen(at - 0.25, at + 0.3)} ring" cx="${x}" cy="${y}" r="18"/>`,
  )
  return html`${drawn}`
}

const way = (index: number, at: number): string =>
  `@keyframes w${index}{0%,${percent(at - 2)}{transform:translate(190px,110px)}${percent(at - 0.6)},to{transform:none}}.way${index}{animation:w${index} ${length}s infinite}`

const style = [
  'text{font:14px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1d1c1d}',
  '.term rect{fill:#14171c;stroke:#3a414d}.term text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#c9d1d9}',
  '.term .name,.term .dim text{fill:#8b949e}.term .go text{fill:#56d364}.term .stop text{fill:#ff7b72}.term .ask text{fill:#fff}',
  '.desk{fill:#fff;stroke:#d0d4da}.head{font-weight:700;font-size:15px}.app{font-weight:700}.mono{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#b0144b}',
  '.quiet{fill:#5b6069}.card .go{fill:#0b6b45}.yes rect{fill:#007a5a}.yes text{fill:#fff}.no rect{fill:none;stroke:#9aa0a8}.yes text,.no text{font-weight:700;text-anchor:middle}',
  '.hand path{fill:#111;stroke:#fff;stroke-width:1.5}.hand text{font-weight:700}.ring{fill:none;stroke:#e0a100;stroke-width:3}',
  '@media(prefers-color-scheme:dark){text{fill:#e6e6e6}.desk{fill:#1a1d21;stroke:#3a414d}.mono{fill:#ff8fb3}.quiet{fill:#a3abb5}.card .go{fill:#56d364}.hand path{fill:#fff;stroke:#111}}',
  way(0, seconds.first),
  way(1, seconds.second),
].join('')
/** People who want no motion see the end. */
const calm = '@media(prefers-reduced-motion:reduce){*{animation:none!important}}'
