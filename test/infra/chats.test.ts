import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Template as Assertions } from 'aws-cdk-lib/assertions'
import { Hotwork } from '../../infra/cdk.ts'
import { read, root } from '../support/repository.ts'
import { home } from './support/assembly.ts'
import { type Template, valuesOf } from './support/template.ts'

/** Each chat has a secret of its own, and the first keeps its old name. */

const folder = mkdtempSync(join(tmpdir(), 'hotwork-chats-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function templateWith(name: string, change: (deployment: { slack: object; channels: object }) => object): Template {
  const sample = JSON.parse(read('test/policies/deployment.json'))
  const target = { ...sample.accounts.target, accountId: home, region: 'eu-central-1' }
  const deployment = join(folder, `${name}.json`)
  writeFileSync(deployment, JSON.stringify({ ...sample, accounts: { target }, ...change(sample) }))
  const stack = new Stack(new App({ outdir: join(folder, name) }), 'Chats', {
    env: { account: home, region: 'eu-central-1' },
  })
  new Hotwork(stack, 'Hotwork', { policies: join(root, 'policies'), deployment })
  return Assertions.fromStack(stack).toJSON() as Template
}

const one = templateWith('one', () => ({}))
const two = templateWith('two', ({ slack, channels }) => ({
  slack: undefined,
  chats: {
    slack: { kind: 'slack', ...slack },
    'night-shift': { kind: 'slack', ...slack, teamId: 'T0NIGHT', appId: 'A0NIGHT' },
  },
  channels: Object.fromEntries(Object.entries(channels).map(([alias, id]) => [alias, { chat: 'slack', id }])),
}))

const told = (template: Template) => new Set(valuesOf(template, 'CHAT_SECRETS'))

test('a second chat adds its secret alone, and every other resource stays', () => {
  const more = Object.keys(two.Resources).filter((id) => !Object.hasOwn(one.Resources, id))
  expect(Object.keys(one.Resources).filter((id) => !Object.hasOwn(two.Resources, id))).toEqual([])
  expect(more.map((id) => two.Resources[id]?.Type)).toEqual(['AWS::SecretsManager::Secret'])
  expect(two.Resources[more[0] ?? '']?.Properties).toMatchObject({ Name: 'Chats/chat-night-shift' })
})

test('a function that reads the secret of one chat is told of all, by alias', () => {
  expect(told(one)).toEqual(new Set(['{"slack":"Chats/slack"}']))
  expect(told(two)).toEqual(new Set(['{"slack":"Chats/slack","night-shift":"Chats/chat-night-shift"}']))
})
