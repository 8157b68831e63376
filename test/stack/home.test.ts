import { Deployment, prod, remediator, setParameter } from './support/deployment.ts'

jest.setTimeout(120_000)
const hotwork = new Deployment()
const { desk } = hotwork

/** By the role that is deployed, whose rights an engine enforces: tests of the tab alone use stores that have none. */
describe('a person reads in Slack', () => {
  test('what waits for them, in the Home tab', async () => {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    await desk.untilCard(id)
    expect(await desk.openHome('U0ANA', id)).toContain(id)
  })

  test('what waits for them, by `/hotwork list`', async () => {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    await desk.untilCard(id)
    expect(await desk.type('U0ANA', '/hotwork', 'list')).toContain(id)
  })
})
