import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import { read, root } from '../support/repository.ts'

/** A room is a folder of the domain or of operations. Two that import each other must be read together, so each pair has its reason. */

const asValues: { readonly [pair: string]: string } = {
  'domain: break-glass, policy': 'the bundle has the profiles, whose patterns are resolved by its accounts',
  'domain: previews, requests': 'a changed resource opens the stages again, and a decision asks whether it changed',
  'domain: agents, policy': 'a case of the folder asks for changes of the registry, which policy decides',
  'operations: credentials, requests': 'a deferred token submits its request, which binds to a signed evaluation',
  'operations: halts, ledger': 'halts are shown with the texts beside their entries, and who is halted erases none',
}

const withTypes: { readonly [pair: string]: string } = {
  'domain: halts, policy': 'the bundle has the transmitters, and an answer of policy lets a person halt',
  'domain: people, policy': 'policy is asked about people of the directory, and its answer lets one name a stand-in',
  'operations: agents, record': 'the ports that make a request have the reader of hosts',
  'operations: break-glass, cards': 'the pager remembers in the store of cards what it told',
  'operations: ledger, record': 'the ports that commit have the store of chains',
  'operations: permits, record': 'a commit may spend a standing permit',
  'operations: policy, record': 'the ports that decide have the policy, whose facts are read from the record',
}

type Import = { from: string; to: string; isValue: boolean }

const files = globSync('functions/**/*.ts', { cwd: root })
const imports = files.flatMap((from): Import[] => {
  const text = read(from)
  return [...text.matchAll(/^(?:import|export)( type)? (?:(\* as \w+|\w+)|\{([^}]*)\}) from '(\.[^']+)'$/gm)].map(
    ([, type, whole, names = '', path = '']) => ({
      from,
      to: relative(root, join(root, from, '..', path)),
      isValue: !type && (whole !== undefined || names.split(',').some((name) => /^\s*(?!type )\S/.test(name))),
    }),
  )
})

const roomOf = (file: string): string | undefined =>
  /^functions\/((?:domain|operations)\/[^/]+)\//.exec(file)?.[1]?.replace('/', ': ')

/** Pairs of rooms of one layer that import each other. */
function pairs(counted: readonly Import[]): string[] {
  const ways = counted.flatMap(({ from, to }) => {
    const [one, other] = [roomOf(from), roomOf(to)]
    return one === undefined || other === undefined || one === other ? [] : [`${one} > ${other}`]
  })
  const all = new Set(ways)
  return [...all].flatMap((way) => {
    const [one = '', other = ''] = way.split(' > ')
    const [layer, name] = other.split(': ')
    return one < other && one.startsWith(`${layer}:`) && all.has(`${other} > ${one}`) ? [`${one}, ${name}`] : []
  })
}

test('rooms import each other by value only in the pairs listed, at most 8', () => {
  expect(pairs(imports.filter(({ isValue }) => isValue)).sort()).toEqual(Object.keys(asValues).sort())
  expect(Object.keys(asValues).length).toBeLessThanOrEqual(8)
})

test('rooms import each other with types only in the pairs listed, at most 15', () => {
  const listed = [...Object.keys(asValues), ...Object.keys(withTypes)]
  expect(pairs(imports).sort()).toEqual(listed.sort())
  expect(listed.length).toBeLessThanOrEqual(15)
})

test('no file imports itself by value through others', () => {
  const waiting = new Map(
    files.map((file) => [file, imports.filter(({ from, isValue }) => isValue && from === file).map(({ to }) => to)]),
  )
  // A file leaves once all its imports have left: those in a cycle stay, with those that import them.
  for (let left = Number.POSITIVE_INFINITY; waiting.size < left; ) {
    left = waiting.size
    for (const [file, others] of waiting) if (!others.some((other) => waiting.has(other))) waiting.delete(file)
  }
  expect([...waiting.keys()]).toEqual([])
})

test('the member of break-glass is named in at most 30 files: others use the origin or the rules', () => {
  const naming = ['functions', 'infra', 'client', 'local', 'policy-tools']
    .flatMap((place) => globSync(`${place}/**/*.ts`, { cwd: root }))
    .filter((file) => /\bbreakGlass\b/.test(read(file)))
  expect(naming.length).toBeLessThanOrEqual(30)
})
