import { inBrowser } from '../../local/support/browser.ts'
import { button, useBrowser } from '../support/browser.ts'
import { deployed, prod, remediator, setParameter } from '../support/deployment.ts'

/** Tier 3 of this deployment asks for the name of the resource: test/support/policies/ladder.json. */

inBrowser('a tier with a typed name', () => {
  const openAs = useBrowser()
  const hotwork = deployed('swift')

  test('an approval has the name of the resource typed, by the API and on the page, and a denial has none', async () => {
    const ask = () =>
      hotwork.submitted(remediator, {
        ...setParameter(prod),
        context: { ...setParameter(prod)['context'], justification: 'the queue grows without an end' },
        action: {
          name: 'lambda:PutFunctionConcurrency',
          properties: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 0 },
        },
        resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
      })
    const id = await ask()
    expect(await hotwork.view(id)).toMatchObject({ tier: 3, type_this: 'checkout-worker' })
    for (const named of [{}, { typed: 'Checkout-worker' }])
      expect(await hotwork.decide('person:ana', id, named)).toMatchObject({
        status: 409,
        body: { type: expect.stringContaining('name_mismatch') },
      })
    expect(await hotwork.decide('person:ana', id, { typed: 'checkout-worker' })).toMatchObject({
      status: 200,
      body: { stage: 'security' },
    })
    const page = await openAs('Gus Garcia', `${hotwork.local.apiUrl}/decide/${id}`)
    const field = page.locator('#approve-typed')
    await field.fill('checkout')
    await button(page, 'Log in and approve exactly this').click()
    await page.getByText(/the name of the resource was not typed as it is/).waitFor()
    await field.fill('checkout-worker')
    await button(page, 'Log in and approve exactly this').click()
    await page.getByText('This login counts as strong').waitFor()
    await button(page, 'Gus Garcia').click()
    await page.getByText('You approved this; it is on record.').waitFor()
    const [, decided] = (await hotwork.view(id)).stages
    expect(decided).toMatchObject({ name: 'security', decisions: [{ person: 'person:gus', verdict: 'approve' }] })
    expect(await hotwork.decide('person:hana', id, { verdict: 'deny' })).toMatchObject({
      status: 200,
      body: { status: 'denied' },
    })
  })
})
