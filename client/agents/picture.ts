// Rules: test/client/agents/inventory.test.ts
import type { AgentAnswer } from '../../functions/domain/cards/wire/agent.ts'
import { hostOf, waysRound } from './hosts.ts'

/** Draws an inventory: agents, their hosts, and the actions that these allow without asking. */

const [row, gap, boxHeight, width] = [22, 26, 52, 1040]
const columns = { agent: 20, host: 300, actions: 640 }
const boxWidth = { agent: 230, host: 290 }

const style = `
text { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #1c2024 }
.b { font-weight: 600 } .q { fill: #60646c; font-size: 12px }
rect { fill: #f7f8f9; stroke: #c4c8cf } .stop rect { fill: #fef3f2; stroke: #b42318 } path { fill: none; stroke: #8b8f98 }
.allowed { fill: #b42318; font-weight: 600 } .denied { fill: #1f7a3d } .unknown { fill: #60646c }
path.unknown { fill: none } path.allowed { fill: none; stroke: #b42318; stroke-width: 2 } rect.allowed { fill: #fef3f2; stroke: #b42318 }
svg { background: #fff }`

type Drawn = Pick<AgentAnswer, 'id' | 'owner' | 'autonomy' | 'runs_on' | 'ambient'>

const signs: { readonly [answer: string]: string } = {
  allowed: '▲ could do ',
  denied: '✓ may not ',
  unknown: '? not known: ',
}

/** @param map the map of the same agents, which is put below */
export function drawInventory(agents: readonly Drawn[], map = ''): string {
  let top = 56
  const drawn = agents.map((agent) => {
    const { text, height } = drawAgent(agent, top)
    top += height + gap
    return text
  })
  const found = agents.flatMap(waysRound).length
  const title = `${agents.length} ${agents.length === 1 ? 'agent' : 'agents'}, ${found} ${found === 1 ? 'way' : 'ways'} round Hotwork`
  const [, mapWidth, mapHeight] = (/ width="(\d+)" height="(\d+)"/.exec(map) ?? []).map(Number)
  const [right, bottom] = [Math.max(width, mapWidth ?? 0), top + (mapHeight ?? 0)]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${right} ${bottom}" width="${right}" height="${bottom}" role="img">
<title>${title}</title>
<style>${style}</style>
${label(columns.agent, 28, title, 'b')}
${label(columns.host, 28, 'runs on', 'q')}
${label(columns.actions, 28, 'without asking, its host', 'q')}
${drawn.join('\n')}${map === '' ? '' : `\n<g transform="translate(0 ${top})">${map}</g>`}
</svg>
`
}

function drawAgent(agent: Drawn, top: number): { text: string; height: number } {
  const lines = actionsOf(agent)
  const height = Math.max(boxHeight, lines.length * row)
  const middle = top + boxHeight / 2
  const host = hostOf(agent.runs_on)
  const kind = lines.some(([answer]) => answer === 'allowed') ? 'allowed' : 'unknown'
  const text = [
    box(columns.agent, top, boxWidth.agent),
    label(columns.agent + 12, top + 21, cut(agent.id, 30), 'b'),
    label(columns.agent + 12, top + 40, cut(`${agent.autonomy}, for ${agent.owner}`, 36), 'q'),
    way(columns.agent + boxWidth.agent, columns.host, middle),
    box(columns.host, top, boxWidth.host, kind === 'allowed' ? kind : ''),
    label(columns.host + 12, top + 21, cut(shortOf(host.name), 38), 'b'),
    label(columns.host + 12, top + 40, host.kind, 'q'),
    way(columns.host + boxWidth.host, columns.actions - 12, middle, kind),
    ...lines.map(([answer, words], at) => label(columns.actions, top + 21 + at * row, cut(words, 56), answer)),
  ]
  return { text: text.join('\n'), height }
}

/** One line for each allowed action, then one line with the count of each other answer. */
function actionsOf({ ambient }: Drawn): readonly (readonly [answer: string, words: string])[] {
  const all = Object.entries(ambient.actions)
  const allowed = all
    .filter(([, answer]) => answer === 'allowed')
    .map(([action]) => ['allowed', `${signs['allowed']}${action}`] as const)
  const others = ['denied', 'unknown'].flatMap((kind) => {
    const names = all.filter(([, answer]) => answer === kind).map(([action]) => action)
    return names.length === 0 ? [] : [[kind, `${signs[kind]}${names.length} of ${all.length} actions`] as const]
  })
  return [...allowed, ...others]
}

const shortOf = (name: string): string => name.replace(/^arn:[^:]*:iam::(\d+):role\//, '$1 ')
const cut = (text: string, most: number): string => {
  const characters = [...text]
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}

/** Escapes characters that hide or reorder text too, because other people wrote the names. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

const label = (x: number, y: number, text: string, kind: string): string =>
  `<text class="${kind}" x="${x}" y="${y}">${escaped(text)}</text>`
const box = (x: number, y: number, wide: number, kind = ''): string =>
  `<rect class="${kind}" x="${x}" y="${y}" width="${wide}" height="${boxHeight}" rx="6"/>`
const way = (from: number, to: number, y: number, kind = ''): string =>
  `<path class="${kind}" d="M${from} ${y}H${to}m-6 -4 6 4 -6 4"/>`
