import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { landCards, workers } from '../../tools/scale/cards.ts'
import { minuteOf } from '../../tools/scale/channel.ts'
import { heatOf, type Load, loadOf, unshardedIn } from '../../tools/scale/load.ts'
import { quotas } from '../../tools/scale/quotas.ts'
import { RecordedTables } from '../../tools/scale/recorded-tables.ts'

/** `npm run scale` in small: lives by the real code, and the load that they put on each key. */
const sample = 20
const page = readFileSync(join(__dirname, '../../docs/scale.md'), 'utf8')

describe('growth', () => {
  let [one, ten] = [{} as Load, {} as Load]
  beforeAll(async () => {
    one = await loadOf({ perDay: 1_000_000, shards: 1 }, sample)
    ten = await loadOf({ perDay: 10_000_000, shards: 8 }, sample)
  }, 900_000)

  const tooHot = ({ keys }: Load) => keys.filter((key) => heatOf(key) > 1).map(({ key }) => key)

  test('a million a day makes no key hot, and ten million none with eight shards', () => {
    expect(tooHot(one)).toEqual([])
    expect(tooHot(ten)).toEqual([])
  })

  test('no index partition that most requests write is one key', () => {
    expect(unshardedIn(ten)).toEqual([])
    // One shard, where eight are needed.
    expect(unshardedIn(one)).toEqual(expect.arrayContaining(['requests · overdue · request']))
  })

  test('a use wakes no follower of the workflow', () => {
    const { requests = 0, 'reads of waits': followed = 0 } = one.counts
    // Followed at the submission, the completion and some changes between, and not at each of ten uses.
    expect(followed / requests).toBeLessThan(5)
  })

  test('the page says what the simulation says of each limit at a million a day', () => {
    const said = Object.values(quotas).map(({ what }) => {
      const [, , percent = 'missing'] =
        page
          .split('\n')
          .find((line) => line.startsWith(`| ${what} |`))
          ?.split('|')
          .slice(1) ?? []
      return [what, Number(percent.replace(/[*%, ]/g, ''))] as const
    })
    for (const [name, { what, limit }] of Object.entries(quotas)) {
      const percent = (100 * one.use[name as keyof typeof quotas]) / limit
      const found = said.find(([each]) => each === what)?.[1] ?? Number.NaN
      // The page comes from a larger sample. `npm run scale -- --write` rewrites it.
      expect({ what, near: Math.abs(found - percent) <= 3 + 0.15 * percent }).toEqual({ what, near: true })
    }
  })
})

test('a minute of a thousand alike of one agent is a card for each of the first, and then one for fifty', () => {
  expect(minuteOf({ agents: 1, each: 1000, burst: 20 })).toEqual({ messages: 20 + 20, seconds: 0 })
  expect(minuteOf({ agents: 50, each: 20, burst: 20 })).toEqual({ messages: 1000, seconds: 940 })
})

test('cards of four teams that ask at once are each in the channel of their team, although Slack limits the rate', async () => {
  const landed = await landCards({ requests: 20, teams: 4, seconds: 1 })
  expect(landed).toMatchObject({ cards: 20, elsewhere: [] })
  expect(landed.refused).toBeGreaterThan(0)
  // Five messages of a second each in a channel, and at most a minute of retries.
  expect([landed.last >= 4, landed.last < 64]).toEqual([true, true])
})

test('the page says that a minute of ten teams had each card in its channel', () => {
  expect(page.replaceAll('\n', ' ')).toMatch(
    /1,000 requests for the things of 10 teams in 60 s, driven: 1,000 cards, each in the channel of its team, 0 elsewhere/,
  )
})

test('the workers of the simulation are those of the deployment', () => {
  const source = readFileSync(join(__dirname, '../../infra/constructs/chats.ts'), 'utf8')
  expect(source).toContain(`consumedBy(drawCard, { batchSize: ${workers.batchSize}, atOnce: ${workers.atOnce} })`)
})

test('an item is written by its size, bytes and lists with it', async () => {
  const tables = new RecordedTables({ requests: { key: ['pk'], indexes: {} } })
  const { client } = tables.connection(1)
  const Item = { pk: { S: 'REQ#1' }, state: { B: new Uint8Array(2000) }, names: { L: [{ S: 'x'.repeat(1200) }] } }
  await client.send(new PutItemCommand({ TableName: 'requests', Item }))
  expect(tables.take().accesses).toEqual([{ table: 'requests', key: 'REQ#1', reads: 0, writes: 4 }])
})
