// Rules: test/http/pages.test.ts
import { narrowRequest } from '../../domain/deciding/narrow-request.ts'
import { pickLoginGroups } from '../../domain/people/group-source.ts'
import { type ApprovalRequest, openStage } from '../../domain/record/request.ts'
import { isItsName, typeThisOf } from '../../domain/record/typed-name.ts'
import type { Narrow } from '../../domain/requests/narrow.ts'
import { actorNamed, type Digest, defined, ok, type Result, refuse } from '../../domain/values.ts'
import { sourceKinds } from '../../group-sources/kinds.ts'
import { beginLogin, type LoggedIn, type LoginPorts, type Visitor } from '../people/log-in.ts'
import type { PageChoice } from '../people/ports.ts'
import type { ReaderPorts } from '../previews/read-again.ts'
import type { CarriedOut } from '../record/carry-out.ts'
import type { AskingPorts, DecidingPorts } from '../record/ports.ts'
import { recordRefusal, refuseOnRecord } from '../record/refuse.ts'
import { type DecisionRefusal, decideRequest } from './decide-request.ts'
import { viewRequest } from './read-requests.ts'

export type PageOutcome = { recorded: ApprovalRequest } | { loginAt: string }
type Ports = DecidingPorts & ReaderPorts & { login: LoginPorts }

/**
 * If the stage wants a stronger login than a session, an approval waits for a login made for it alone, and nothing is
 * recorded until then.
 *
 * @param shown the digest of the request as the page shows it now: a choice with another digest decides nothing
 */
export async function decideOnPage(
  choice: PageChoice,
  { visitor, cookie, redirect }: { visitor: Visitor; cookie: string; redirect: string },
  ports: Ports & { shown(state: ApprovalRequest): Digest },
): Promise<Result<PageOutcome, DecisionRefusal>> {
  const person = visitor.person.id
  const viewed = await viewRequest({ id: choice.id, person, claimed: visitor.session.claimed }, ports)
  if (!viewed.ok) return refuseOnRecord(person, choice.verdict, ports)(viewed.code)
  const { state, whyNot } = viewed.value
  const stage = openStage(state)?.terms
  const wantsLogin = choice.verdict === 'approve' && (stage?.acr !== undefined || stage?.maxAge !== undefined)
  const isAsShown = choice.seen === ports.shown(state)
  // Judged first, so that a person does not log in for a decision that would be refused.
  const mayBe = whyNot.approve === undefined && choice.round === state.round && choice.digest === state.ask.digest
  const says = stage?.comment !== 'required' || (choice.comment ?? '').trim() !== ''
  const names = typeThisOf(state) === undefined || isItsName(state, choice.typed)
  if (isAsShown && wantsLogin && mayBe && says && names) {
    const narrowed = choice.narrow && narrowRequest(ports.policy, state, choice.narrow, ports.clock.now())
    if (narrowed && !narrowed.ok) return refuse(narrowed.code, narrowed.detail)
    const { acr, maxAge } = stage ?? {}
    const purpose = {
      decision: { ...choice, person, ...defined({ less: narrowed?.ask.digest }) },
      ...defined({ acr, maxAge }),
    }
    return ok({ loginAt: await beginLogin({ purpose, cookie, redirect }, ports.login) })
  }
  if (!isAsShown && choice.round === state.round && choice.digest === state.ask.digest) return refuse('stale_digest')
  const { acr, at, claimed } = visitor.session
  const login = defined({ acr, at })
  return recorded(await decideRequest({ ...choice, person, through: 'page', login, ...defined({ claimed }) }, ports))
}

/** Records the decision for which the person logged in. A login as a different person decides nothing. */
export async function decideByLogin(
  { person, login, purpose }: LoggedIn,
  ports: Ports & { shown(state: ApprovalRequest): Digest },
): Promise<Result<PageOutcome, DecisionRefusal | 'another_person' | 'no_decision'>> {
  if (!('decision' in purpose)) return refuse('no_decision')
  const { person: began, less, ...choice } = purpose.decision
  if (person.id !== began) {
    await recordRefusal(actorNamed(person.id), choice.verdict, 'not_permitted', ports, {
      about: { request: choice.id },
    })
    return refuse('another_person')
  }
  const stored = await ports.requests.load(choice.id)
  const state = stored?.state
  if (state && state.round === choice.round && choice.seen !== ports.shown(state)) return refuse('stale_digest')
  if (state && choice.narrow && isOther(state, choice.narrow, less, ports)) return refuse('stale_digest')
  const { acr, at, groups = [], evidence } = login
  const proven = { ...defined({ acr, at }), evidence }
  const now = ports.clock.now()
  const { directory } = ports.policy.bundle
  const claimed = pickLoginGroups(directory, groups, { now, expiresAt: now + sourceKinds.claim.holdsFor })
  const decision = { ...choice, person: began, through: 'page', login: proven, ...defined({ claimed }) } as const
  return recorded(await decideRequest(decision, ports))
}

const isOther = (
  state: ApprovalRequest,
  narrow: Narrow,
  less: Digest | undefined,
  ports: Pick<AskingPorts, 'policy' | 'clock'>,
): boolean => {
  const narrowed = narrowRequest(ports.policy, state, narrow, ports.clock.now())
  return narrowed.ok && narrowed.ask.digest !== less
}

const recorded = (done: CarriedOut<DecisionRefusal>): Result<PageOutcome, DecisionRefusal> =>
  done.ok ? ok({ recorded: done.value.state }) : done
