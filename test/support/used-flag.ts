import { flag, type World } from './world.ts'

/** The remediator asks for a flag of prod, which ben approves, and its tool begins the use. */
export async function usedFlag(world: World, name = 'express-checkout'): Promise<string> {
  const request = await world.submitted(flag(name))
  await world.decide(request, 'ben')
  const approved = await world.state(request.ask.id)
  const token = world.accessToken(approved, await world.claim(approved), 'https://flags.example.org')
  const begun = await world.gate(approved, token)
  if (!begun.ok) throw new Error(begun.code)
  return request.ask.id
}
