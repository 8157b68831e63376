// Rules: test/http/agents-page.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, apiProblem } from '../../adapters/http/problem.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import { Digest } from '../../domain/values.ts'
import { type RetirePorts, recertify, retire } from '../../operations/agents/recertify.ts'
import { goTo, pageDoor, pageStatus, sentForm, unknownForm } from './page-door.ts'
import { type AgentPagePorts, agentIn, agentPathOf, showAgent } from './show-agents.ts'

type Ports = AgentPagePorts & RetirePorts

/**
 * `POST /agents/{id}`: the form of an agent's page. After a refusal the page shows the present agent, with the typed
 * text.
 */
export const recertifyOnPage = (ports: Ports) =>
  pageDoor(ports, async (call: Call): Promise<Answer> => {
    const { guest, form } = await sentForm(call, agentPathOf(call), ports)
    const subject = agentIn(call)
    if (subject === undefined) throw apiProblem(404, 'unknown_page')
    const draft = form.get('why') ?? ''
    const reason = draft.trim()
    if (reason === '' || reason.length > 1000) {
      const notice = { text: 'Write the reason, in at most 1,000 characters. Nothing was recorded.' }
      return showAgent(call, guest, ports, { notice, draft, status: 400 })
    }
    const evidence = Digest.safeParse(form.get('evidence_digest'))
    if (!evidence.success) throw unknownForm()
    const verdict = form.get('verdict') ?? 'certify'
    if (verdict !== 'certify' && verdict !== 'retire') throw unknownForm()
    const ask = { subject, person: guest.person.id, reason, evidence: evidence.data }
    const done = await (verdict === 'retire' ? retire : recertify)(ask, ports)
    if (done.ok) return goTo(ports.issuer, agentPathOf(call))
    if (done.code === 'unknown_subject') throw apiProblem(404, 'unknown_page')
    const notice = { text: whatCameOf(done.code) }
    return showAgent(call, guest, ports, { notice, draft, status: pageStatus(done.code) })
  })
