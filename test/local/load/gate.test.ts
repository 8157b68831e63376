import { Gate } from '../../../tools/load/gate.ts'

test('the gate limits concurrent work, and takes begun work before new', async () => {
  const gate = new Gate(2)
  const order: string[] = []
  const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const first = held.map(({ promise }, n) =>
    gate.within(async () => {
      order.push(`first ${n}`)
      await promise
    }),
  )
  const others = (['new', 'begun'] as const).map((turn) => gate.within(async () => void order.push(turn), turn))
  expect([order, gate.waiting]).toEqual([['first 0', 'first 1'], 2])
  for (const { resolve } of held) resolve()
  await Promise.all([...first, ...others])
  expect(order).toEqual(['first 0', 'first 1', 'begun', 'new'])
})

test('work that fails frees its place', async () => {
  const gate = new Gate(1)
  const failed = gate.within(async () => Promise.reject(new Error('no')))
  const next = gate.within(async () => 'went')
  await expect(failed).rejects.toThrow('no')
  expect(await next).toBe('went')
})
