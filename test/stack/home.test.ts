import { deployed, prod, remediator, setParameter } from './support/deployment.ts'

const hotwork = deployed()
const { desk } = hotwork

/** The deployed role reads, whose rights an engine enforces: tests of the tab alone use stores without rights. */
test('a person reads their pending requests in the Home tab and by `/hotwork list`', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod))
  await desk.untilCard(id)
  expect(await desk.openHome('U0ANA', id)).toContain(id)
  expect(await desk.type('U0ANA', '/hotwork', 'list')).toContain(id)
})
