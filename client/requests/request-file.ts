// Rules: test/local/examples/request-file.test.ts
import { readFileSync } from 'node:fs'
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import type { Ask } from '../../functions/domain/cards/wire/task.ts'
import { type Refusal, wrongUsage } from '../outcome.ts'

const members: readonly [path: string, type: 'string' | 'object', example: string][] = [
  ['subject.type', 'string', '"agent"'],
  ['subject.id', 'string', '"agent:remediator"'],
  ['action.name', 'string', '"ssm:PutParameter"'],
  ['action.properties', 'object', '{ "Name": "/staging/checkout/payment-timeout-ms", "Value": "2500" }'],
  ['resource.type', 'string', '"ssm:parameter"'],
  ['resource.id', 'string', '"arn:aws:ssm:us-east-1:000000000000:parameter/staging/checkout/payment-timeout-ms"'],
  ['context.purpose', 'string', '"remediation"'],
  ['context.parent_task.id', 'string', '"INC-4821"'],
]

/**
 * One AuthZEN evaluation body.
 *
 * @param path a file, or `-` for standard input
 * @param agents the agents that can ask, if known
 * @throws Refusal whose title is `FILE:LINE: what is wrong`
 */
export function readRequestFile(path: string, agents?: readonly string[]): Ask {
  const { text, root } = parse(path)
  const bad = (offset: number, what: string, fix: string) =>
    badFile(`${nameOf(path)}:${lineAt(text, offset)}`, what, fix)
  for (const [member, type, example] of members) {
    const steps = member.split('.')
    const node = findNodeAtLocation(root, steps)
    if (!node) throw bad(nearest(root, steps).offset, `\`${member}\` is missing`, `add it, such as ${example}`)
    if (node.type !== type)
      throw bad(
        node.offset,
        `\`${member}\` is not ${type === 'string' ? 'text' : 'an object'}`,
        `write it such as ${example}`,
      )
  }
  for (const { node, what, fix } of wrongSteps(root)) throw bad(node.offset, what, fix)
  const id = findNodeAtLocation(root, ['subject', 'id']) as Node
  if (agents && !agents.includes(id.value))
    throw bad(id.offset, `no agent here is \`${id.value}\``, `use one of ${agents.join(', ')}`)
  return getNodeValue(root) as Ask
}

type Wrong = { node: Node; what: string; fix: string }
const stepExample = '{ "agent": "agent:builder", "action": "ssm:PutParameter", "arguments": { ... } }'
const stepMembers = { agent: 'string', action: 'string', arguments: 'object' } as const

/** The missing members of each step of a plan, with its number. */
function wrongSteps(root: Node): Wrong[] {
  if (findNodeAtLocation(root, ['action', 'name'])?.value !== 'plan') return []
  const steps = findNodeAtLocation(root, ['action', 'properties', 'steps'])
  if (steps?.type !== 'array' || !steps.children?.length)
    return [
      {
        node: steps ?? nearest(root, ['action', 'properties']),
        what: '`action.properties.steps` is not a list of steps',
        fix: `write at least one, such as ${stepExample}`,
      },
    ]
  return steps.children.flatMap((step, at) =>
    Object.entries(stepMembers).flatMap(([member, type]): Wrong[] => {
      const node = step.type === 'object' ? findNodeAtLocation(step, [member]) : undefined
      if (node?.type === type) return []
      const what = `step ${at + 1}: \`${member}\` is ${node ? `not ${type === 'string' ? 'text' : 'an object'}` : 'missing'}`
      return [{ node: node ?? step, what, fix: `write it such as ${stepExample}` }]
    }),
  )
}

function parse(path: string): { text: string; root: Node } {
  let text: string
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (cause) {
    const what = `it cannot be read (${(cause as NodeJS.ErrnoException).code})`
    throw badFile(nameOf(path), what, 'name a file with one AuthZEN evaluation body')
  }
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false })
  const [first] = errors
  if (root && !first) return { text, root }
  const what = first
    ? printParseErrorCode(first.error)
        .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
        .trim()
    : 'it is empty'
  throw badFile(`${nameOf(path)}:${lineAt(text, first?.offset ?? 0)}`, `not JSON (${what})`, 'correct that line')
}

const nameOf = (path: string): string => (path === '-' ? 'standard input' : path)
const badFile = (where: string, what: string, fix: string): Refusal => wrongUsage(`${where}: ${what}`, fix)

/** The deepest value on the way to a missing member. */
function nearest(root: Node, steps: readonly string[]): Node {
  const found = steps.map((_, at) => findNodeAtLocation(root, steps.slice(0, at)))
  return found.findLast((node) => node !== undefined) ?? root
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length
