import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { read, root } from '../support/repository.ts'

/**
 * The layers of CONTRIBUTING.md are lint rules of biome.json: each is broken in each way that it names, and kept once. Whole
 * sources are written under the paths of the rules, and linted in one run.
 */

const use = (path: string) => `import { used } from '${path}'\nexport const kept = used\n`

const broken: [layer: string, what: string, file: string, source: string][] = [
  ['the domain', 'an adapter', 'functions/domain', use('../adapters/system/clock.ts')],
  ['the domain', 'an operation', 'functions/domain', use('../operations/ports.ts')],
  ['the domain', 'a handler', 'functions/domain', use('../handlers/evaluate.ts')],
  ['the domain', 'a vendor', 'functions/domain', use('@aws-sdk/client-kms')],
  ['the domain', 'another schema library', 'functions/domain', use('jsonc-parser')],
  ['the domain', 'node', 'functions/domain', use('node:fs')],
  ['the domain', 'what its digests alone may', 'functions/domain', use('canonicalize')],
  [
    'a room of the domain',
    'what its calendar alone may',
    'functions/domain/policy',
    use('temporal-polyfill/fns/PlainDate'),
  ],
  ['the domain', 'the environment', 'functions/domain', 'export const kept = process.env\n'],
  ['the domain', 'randomness', 'functions/domain', 'export const kept = crypto.randomUUID()\n'],
  ['the domain', 'a clock', 'functions/domain', 'export const kept = performance.now()\n'],
  ['the domain', 'a timer', 'functions/domain', 'setTimeout(() => {}, 1)\n'],
  ['a room of the domain', 'an operation', 'functions/domain/requests', use('../../operations/ports.ts')],
  ['a room of the domain', 'an adapter', 'functions/domain/requests', use('../../adapters/system/system.ts')],
  ['a room of operations', 'an adapter', 'functions/operations/requests', use('../../adapters/system/system.ts')],
  ['a room of the domain', 'one kind of target', 'functions/domain/requests', use('../../targets/aws/kind.ts')],
  ['a kind of target', 'an operation', 'functions/targets/toy/rules', use('../../../operations/ports.ts')],
  ['a kind of target', 'a vendor', 'functions/targets/toy/rules', use('@aws-sdk/client-sts')],
  ['a kind of target', 'another', 'functions/targets/toy/rules', use('../../aws/rules/account.ts')],
  ['a kind of target', 'a clock', 'functions/targets/toy/rules', 'export const kept = performance.now()\n'],
  ['an operation', 'an adapter', 'functions/operations', use('../adapters/kms/kms-signer.ts')],
  ['an operation', 'what reaches a target', 'functions/operations/uses', use('../../targets/aws/reach.ts')],
  ['an operation', 'a handler', 'functions/operations', use('../handlers/environment.ts')],
  ['an operation', 'a vendor', 'functions/operations', use('jose')],
  ['an operation', 'node', 'functions/operations', use('node:crypto')],
  ['the domain', 'one kind of group source', 'functions/domain/people', use('../../group-sources/pager/kind.ts')],
  [
    'a kind of group source',
    'an adapter',
    'functions/group-sources/pager',
    use('../../adapters/pagerduty/schedules.ts'),
  ],
  ['a kind of group source', 'another', 'functions/group-sources/pager', use('../claim/kind.ts')],
  ['an adapter', "another adapter's folder", 'functions/adapters/kms', use('../jose/dpop.ts')],
  ['the domain', 'one kind of chat', 'functions/domain/policy', use('../../channels/slack/kind.ts')],
  ['an operation', 'the doors of channels', 'functions/operations/cards', use('../../channels/doors.ts')],
  ['what draws cards', 'what reaches out', 'functions/channels/toy/cards', use('../door.ts')],
  ['what draws cards', 'a vendor', 'functions/channels/toy/cards', use('@slack/web-api')],
  ['what draws cards', 'a clock', 'functions/channels/toy/cards', 'export const kept = performance.now()\n'],
  ['a room of a channel', "an adapter's folder", 'functions/channels/toy/edge', use('../../../adapters/jose/dpop.ts')],
  ['a room of a channel', "another channel's folder", 'functions/channels/toy/edge', use('../../slack/edge/click.ts')],
  ['a room of a channel', 'a handler', 'functions/channels/toy/edge', use('../../../handlers/doors.ts')],
  ['the entry of a channel', "another channel's folder", 'functions/channels/toy', use('../slack/kind.ts')],
  ['an adapter', 'a handler', 'functions/adapters/kms', use('../../handlers/environment.ts')],
  ['an adapter', 'infra', 'functions/adapters/kms', use('../../../infra/settings.ts')],
  ['what reaches a target', "an adapter's folder", 'functions/targets/aws/sts', use('../../../adapters/jose/dpop.ts')],
  ['what reaches a target', "another target's folder", 'functions/targets/aws/sts', use('../../tool/reach.ts')],
  ['what reaches a target', 'a handler', 'functions/targets/aws/sts', use('../../../handlers/doors.ts')],
  ['the entry of a target', "another target's folder", 'functions/targets/aws', use('../tool/reach.ts')],
  ['the entry of a target', 'infra', 'functions/targets/aws', use('../../../infra/settings.ts')],
  ['a handler', 'infra', 'functions/handlers', use('../../infra/settings.ts')],
  ['what handlers share', 'infra', 'functions/handlers/wiring', use('../../../infra/settings.ts')],
  ['the OpenAPI document', 'a handler', 'functions/openapi', use('../handlers/doors.ts')],
  ['the OpenAPI document', 'a vendor', 'functions/openapi', use('../adapters/kms/kms-signer.ts')],
  ['a handler', 'the OpenAPI document', 'functions/handlers/agents', use('../../openapi/document.ts')],
  ['the schemas of answers', 'the domain', 'functions/domain/cards/wire', use('../../values.ts')],
  ['the command line', 'the domain', 'client', use('../functions/domain/values.ts')],
  ['the command line', 'the views of cards', 'client', use('../functions/domain/cards/request-view.ts')],
  ['the demo', 'the domain', 'local/demo', use('../../functions/domain/values.ts')],
  ['a client', 'an example', 'client/agent', use('../../examples/checkout-service/serve.ts')],
  ['the command line', 'an adapter', 'client/break-glass', use('../../functions/adapters/jose/dpop.ts')],
  ['what verifies', 'the rest of the domain', 'client/verify', use('../../functions/domain/ledger/ledger.ts')],
  ['what verifies', 'an adapter', 'client/verify', use('../../functions/adapters/jose/dpop.ts')],
  ['the command line', 'the log', 'client/requests', use('../../functions/domain/anchor/merkle.ts')],
  ['the command line', 'infra', 'client', use('../infra/settings.ts')],
  ['the command line', 'itself by the name of the package', 'client', use('hotwork/gate')],
  ['a construct', 'the domain', 'infra/constructs', use('../../functions/domain/ladder.ts')],
  ['a stack', 'a handler', 'infra', use('../functions/handlers/environment.ts')],
  ['the local stack', 'an adapter', 'local', use('../../functions/adapters/system/ids.ts')],
  ['the local stack', 'a test', 'local', use('../../test/support/ask.ts')],
  ['a construct', 'a client', 'infra/constructs', use('../../client/outcome.ts')],
  ['a construct', 'the local stack', 'infra/constructs', use('../../local/stack.ts')],
  ['a handler', 'what policy authors run', 'functions/handlers/people', use('../../../policy-tools/change/diff.ts')],
  [
    'an operation',
    'what policy authors run',
    'functions/operations/policy',
    use('../../../policy-tools/replay/rules.ts'),
  ],
  ['a client', 'the local stack', 'client/agent', use('../../local/stack.ts')],
  ['the local stack', 'a tool', 'local', use('../tools/bench/harness.ts')],
  ['what policy authors run', 'a handler', 'policy-tools/verbs', use('../../functions/handlers/doors.ts')],
  [
    'what policy authors run',
    'another operation',
    'policy-tools/replay',
    use('../../functions/operations/uses/begin-use.ts'),
  ],
  ['what policy authors run', 'infra', 'policy-tools/verbs', use('../../infra/settings.ts')],
  ['what compares policies', 'a verb', 'policy-tools/change', use('../verbs/io.ts')],
  ['what compares policies', 'an operation', 'policy-tools/change', use('../../functions/operations/policy/gather.ts')],
  ['what compares policies', 'a vendor', 'policy-tools/proof', use('@cedar-policy/cedar-wasm/nodejs')],
  ['what compares policies', 'a clock', 'policy-tools/change', 'export const kept = performance.now()\n'],
]

const kept: [layer: string, what: string, file: string, source: string][] = [
  ['the domain', 'zod', 'functions/domain', use('zod')],
  ['the domain', 'itself', 'functions/domain', use('./values.ts')],
  ['a room of the domain', 'another', 'functions/domain/requests', use('../policy/ladder.ts')],
  ['a room of the domain', 'what all rooms share', 'functions/domain/requests', use('../values.ts')],
  ['a room of the domain', 'the registry of targets', 'functions/domain/requests', use('../../targets/kinds.ts')],
  ['a kind of target', 'the domain', 'functions/targets/toy/rules', use('../../../domain/values.ts')],
  ['a kind of target', 'the interface', 'functions/targets/toy/rules', use('../../kind.ts')],
  ['a room of operations', 'the registry of targets', 'functions/operations/requests', use('../../targets/kinds.ts')],
  ['a room of operations', 'a room of the domain', 'functions/operations/requests', use('../../domain/uses/use.ts')],
  ['a room of operations', 'another', 'functions/operations/requests', use('../policy/gather.ts')],
  ['what draws cards', 'the domain', 'functions/channels/toy/cards', use('../../../domain/uses/use.ts')],
  ['what draws cards', "its vendor's types", 'functions/channels/toy/cards', use('@slack/types')],
  ['a room of a channel', 'another of the same', 'functions/channels/toy/edge', use('../cards/card.ts')],
  ['a room of a channel', 'its vendor', 'functions/channels/toy/edge', use('@slack/bolt')],
  ['a room of a channel', 'ports and faults', 'functions/channels/toy/edge', use('../../../operations/faults.ts')],
  ['what draws cards', 'the seam of channels', 'functions/channels/toy/cards', use('../../door.ts')],
  ['the entry of a channel', 'an adapter', 'functions/channels/toy', use('../../adapters/jose/dpop.ts')],
  ['the domain', 'the registry of channels', 'functions/domain/policy', use('../../channels/kinds.ts')],
  ['an operation', 'the ports of channels', 'functions/operations/cards', use('../../channels/door.ts')],
  ['an operation', 'the domain', 'functions/operations', use('../domain/values.ts')],
  ['an operation', 'its ports', 'functions/operations', use('./ports.ts')],
  ['an operation', 'the ports of targets', 'functions/operations/uses', use('../../targets/reach.ts')],
  ['an adapter', 'the domain', 'functions/adapters/kms', use('../../domain/values.ts')],
  ['an adapter', 'ports and faults', 'functions/adapters/kms', use('../../operations/faults.ts')],
  ['an adapter', 'its vendor', 'functions/adapters/kms', use('@aws-sdk/client-kms')],
  ['an adapter', 'its own folder', 'functions/adapters/kms', use('./ecdsa-signature.ts')],
  ['what reaches a target', 'its vendor', 'functions/targets/aws/sts', use('@aws-sdk/client-sts')],
  ['what reaches a target', 'ports and faults', 'functions/targets/aws/sts', use('../../../operations/faults.ts')],
  ['what reaches a target', "its client's bounds", 'functions/targets/aws/sts', use('../../../adapters/aws-client.ts')],
  ['the domain', 'the registry of group sources', 'functions/domain/people', use('../../group-sources/kinds.ts')],
  ['a kind of group source', 'the domain', 'functions/group-sources/pager', use('../../domain/values.ts')],
  ['the entry of a target', 'what it reaches by', 'functions/targets/aws', use('./sts/broker.ts')],
  ['the entry of a target', 'a handler', 'functions/targets/aws', use('../../handlers/doors.ts')],
  ['the entry of a target', 'an adapter', 'functions/targets/aws', use('../../adapters/kms/kms-signer.ts')],
  ['a handler', 'an adapter', 'functions/handlers', use('../adapters/kms/kms-signer.ts')],
  ['a handler', 'an operation', 'functions/handlers', use('../operations/issue-token.ts')],
  ['the command line', 'a library', 'client', use('commander')],
  ['the command line', 'itself', 'client/break-glass', use('../api.ts')],
  ['the command line', 'the schemas of answers', 'client', use('../functions/domain/cards/wire/request.ts')],
  ['the demo', 'the schemas of answers', 'local/demo', use('../../functions/domain/cards/wire/task.ts')],
  ['the OpenAPI document', 'the schemas of bodies', 'functions/openapi', use('../adapters/http/bodies/people.ts')],
  ['the schemas of answers', 'each other', 'functions/domain/cards/wire', use('./word.ts')],
  ['what verifies', "the log's format", 'client/verify', use('../../functions/domain/anchor/merkle.ts')],
  ['what verifies', 'digests', 'client/verify', use('../../functions/domain/digest.ts')],
  ['a construct', 'the CDK', 'infra/constructs', use('aws-cdk-lib')],
  ['a stack', 'a construct', 'infra', use('./constructs/alarms.ts')],
  ['the demo', 'a client', 'local/demo', use('../../../client/agent/ask.ts')],
  ['what policy authors run', 'the domain', 'policy-tools/verbs', use('../../functions/domain/values.ts')],
  [
    'what policy authors run',
    'operations of policy',
    'policy-tools/replay',
    use('../../functions/operations/policy/gather.ts'),
  ],
  ['what policy authors run', 'Cedar', 'policy-tools/verbs', use('../../functions/adapters/cedar/compile-cedar.ts')],
  ['what compares policies', 'the domain', 'policy-tools/change', use('../../functions/domain/values.ts')],
  ['what compares policies', 'what proves', 'policy-tools/change', use('../proof/property.ts')],
  ['a tool', 'anything', 'tools/bench', use('../../functions/domain/values.ts')],
  ['a test', 'anything', 'test/operations', use('../../functions/adapters/kms/kms-signer.ts')],
]

const folder = mkdtempSync(join(tmpdir(), 'hotwork-layers-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pathOf = (place: string, kind: string, index: number) => `${place}/${kind}-${index}.ts`
const complaints = new Map<string, string[]>()

beforeAll(() => {
  // The rules without the look-up of ignored files in git, because this is no repository.
  const { vcs: _, ...rules } = JSON.parse(read('biome.json'))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write('biome.json', JSON.stringify(rules))
  for (const [kind, cases] of Object.entries({ broken, kept }))
    for (const [index, [, , place, source]] of cases.entries()) write(pathOf(place, kind, index), source)
  write('functions/domain/digest.ts', use('canonicalize'))
  const { stdout } = spawnSync(
    join(root, 'node_modules/.bin/biome'),
    ['lint', '--reporter=json', '--max-diagnostics=none', '.'],
    { cwd: folder, encoding: 'utf8' },
  )
  const { diagnostics, summary } = JSON.parse(stdout) as {
    diagnostics: { category: string; location: { path: string } }[]
    summary: { unchanged: number }
  }
  // All of them, the exception, and biome.json.
  expect(summary.unchanged).toBe(broken.length + kept.length + 2)
  for (const { category, location } of diagnostics)
    if (/noRestricted(?:Imports|Globals)$/.test(category))
      complaints.set(location.path, [...(complaints.get(location.path) ?? []), category])
}, 60_000)

test.each(broken.map((row, index) => [...row, index] as const))(
  '%s may not use %s',
  (_layer, _what, place, _, index) => {
    expect(complaints.get(pathOf(place, 'broken', index))).toHaveLength(1)
  },
)

test.each(kept.map((row, index) => [...row, index] as const))('%s may use %s', (_layer, _what, place, _, index) => {
  expect(complaints.get(pathOf(place, 'kept', index))).toBeUndefined()
})

test('one file of the domain may canonicalize and hash', () => {
  expect(complaints.get('functions/domain/digest.ts')).toBeUndefined()
})

/** All sources beneath a folder, as name and text. */
const sourcesOf = (place: string) =>
  readdirSync(join(root, place), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    // The first line may name a test of any layer.
    .map((name) => [name, read(join(place, name)).replace(/^\/\/ Rules: .*/, '')] as const)

test('the domain reads no clock and no randomness in ways that no lint rule sees', () => {
  const impure = sourcesOf('functions/domain').filter(([, source]) =>
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/.test(source),
  )
  expect(impure.map(([name]) => name)).toEqual([])
})

test.each(['functions/domain', 'functions/operations'])(
  'the layer %s does not mention Slack, which is one chat behind ports',
  (place) => {
    const vendor = sourcesOf(place).filter(([name, source]) => /slack/i.test(name + source))
    expect(vendor.map(([name]) => name)).toEqual([])
  },
)

const sources = sourcesOf('functions').map(([name, source]) => [join('functions', name), source] as const)
const entries = sources.filter(([, source]) => /^export const wire\b/m.test(source))

test('a Lambda is a function of its ports, which its last statement makes of its variables', () => {
  expect(entries.length).toBeGreaterThan(40)
  const others = entries.filter(
    ([, source]) =>
      !/^export (?:const|function) createHandler\b/m.test(source) ||
      !/\nexport const wire: Wiring<[^\n]*\n(?:[ )}>][^\n]*\n)*$/.test(source),
  )
  expect(others.map(([name]) => name)).toEqual([])
})

test('a Lambda is imported by no other file', () => {
  const names = new Set(entries.map(([name]) => name))
  const importers = sources.filter(([name, source]) =>
    [...source.matchAll(/from '(\.[^']+)'/g)].some(([, path = '']) => names.has(join(dirname(name), path))),
  )
  expect(importers.map(([name]) => name)).toEqual([])
})
