import { runModule } from './support/programs.ts'

test.each([
  ['tier 0, which no person decided', 'stagingParameter'],
  ['tier 2, which two people approved', 'prodParameter'],
])('the ledger chapter of the demo finds the record of %s whole', (_what, asked) => {
  const { printed, held } = runModule<{ printed: string; held: boolean }>(`
    import { completeRequest } from './functions/operations/requests/end-request.ts'
    import { tellLedger } from './local/demo/chapters/ledger.ts'
    import { Report } from './local/demo/report.ts'
    import { agent, ${asked}, World } from './test/support/world.ts'

    const world = new World()
    const request = await world.submitted(${asked})
    for (const who of request.tier === 0 ? [] : ['ana', 'eve']) await world.decide(request, who)
    await world.issueToken(request)
    await completeRequest({ id: request.ask.id, agent: agent('remediator'), outcome: 'succeeded' }, world.ports)

    let printed = ''
    const report = new Report({ write: (text) => (printed += text) })
    const reader = {
      ledger: (id) => world.ledger.entries(id),
      request: async (id) => {
        const { ask, ...state } = await world.state(id)
        return { ...state, digest: ask.digest }
      },
    }
    await report.chapter('Its record', '', () => tellLedger({ report, reader }, request.ask.id))
    process.stdout.write(JSON.stringify({ held: report.finish(), printed }))
  `)
  expect(printed).toContain('4 expectations held, 0 failed')
  expect(printed).toContain('with another approver: ')
  expect(held).toBe(true)
})
