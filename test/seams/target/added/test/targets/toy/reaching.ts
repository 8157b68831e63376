import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { callMakerOf, enderOf, issuerOf, type Key, readerOf } from '../../../functions/targets/toy/reach.ts'
import { synthesize } from '../../infra/support/assembly.ts'
import { functionOf, propertiesOf, valuesOf, variablesIn } from '../../infra/support/template.ts'
import { World } from '../../support/world.ts'
import { type Fate, keepsPromises } from '../promises.ts'
import { bundleOfShop } from './shop.ts'

/** A shop as a program: it gives keys, ends them by their names, and refills shelves. */
async function openShop() {
  const keys = new Map<string, { [name: string]: string }>()
  const refills = new Set<string>()
  const fates: Fate[] = []
  let readable = true
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString() || '{}')
    const answer = (status: number, told: object = {}) => response.writeHead(status).end(JSON.stringify(told))
    const fate = request.url === '/refills' ? fates.shift() : undefined
    if (fate === 'refused') return answer(422)
    if (fate === 'outdated') return answer(412)
    if (fate === 'call_lost') return request.socket.destroy()
    if (request.url === '/keys') {
      const key = `key-${keys.size + 1}`
      keys.set(key, body.names)
      return answer(201, { key })
    }
    if (request.url === '/keys/end') {
      const ended = [...keys].filter(([, names]) => names[body.by] === body.value)
      for (const [key] of ended) keys.delete(key)
      return answer(ended.length > 0 ? 204 : 404)
    }
    if (request.url?.startsWith('/refills/')) {
      if (!readable) return request.socket.destroy()
      return answer(refills.has(request.url.slice('/refills/'.length)) ? 200 : 404)
    }
    refills.add(body.credential)
    return fate === 'answer_lost' ? request.socket.destroy() : answer(201)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    ...{ keys, refills, fates, address: `http://127.0.0.1:${port}` },
    setReadable: (can: boolean) => {
      readable = can
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const shops: { close(): void }[] = []
afterEach(() => {
  for (const shop of shops.splice(0)) shop.close()
})

keepsPromises<Key>('toy', async () => {
  const shop = await openShop()
  shops.push(shop)
  const world = new World(bundleOfShop(shop.address))
  const what = (action: string) => ({
    ...{ action, arguments: { shelf: 'bears' } },
    resource: { type: 'toy:shelf', id: `${shop.address}/bears` },
  })
  const maker = callMakerOf(world)
  // No server listens here.
  const closed = callMakerOf({ policy: { bundle: bundleOfShop('http://127.0.0.1:2') } })
  return {
    ...{ world, own: what('toys:Open'), mediated: what('toys:Refill') },
    reach: {
      ...{ ...issuerOf(world), ...maker, ...enderOf(world), kind: 'toy' },
      make: (...asked) => (shop.fates[0] === 'not_sent' && shop.fates.shift() ? closed : maker).make(...asked),
    },
    next: (fate) => void shop.fates.push(fate),
    done: () => shop.refills.size,
    setReadable: shop.setReadable,
    works: ({ key }) => shop.keys.has(key),
    forget: ({ key }) => void shop.keys.delete(key),
    failingRead() {
      shop.close()
      const entry = world.policy.bundle.actions['toys:Open']
      if (!entry) throw new Error('no such action')
      const ask = { action: 'toys:Look', arguments: {}, absent: [], signal: AbortSignal.timeout(5000) }
      return readerOf(world).read(ask, entry)
    },
  }
})

test('the stack has a function and a role for each verb of the toy, a queue of its ends, and its routes', () => {
  const { hotwork } = synthesize()
  const functions = propertiesOf(hotwork, 'AWS::Lambda::Function').filter((properties) =>
    /toy/.test(functionOf(properties)),
  )
  expect(functions.map(functionOf).sort()).toEqual(['call-toy', 'end-toy-keys', 'issue-toy-keys'])
  expect(new Set(functions.map(({ Role }) => JSON.stringify(Role))).size).toBe(3)
  const routes = propertiesOf(hotwork, 'AWS::ApiGatewayV2::Route').map(({ RouteKey }) => RouteKey)
  expect(routes).toEqual(expect.arrayContaining(['POST /toy/credentials', 'POST /toy/calls']))
  expect(valuesOf(hotwork, 'TOY_CALLS_FUNCTION')).not.toEqual([])
  const sending = Object.entries(variablesIn(hotwork)).flatMap(([name, told]) =>
    'TOY_DENIES_QUEUE' in told ? name : [],
  )
  expect(sending.sort()).toEqual(['hand-on', 'sweep-overdue'])
})
