import type { Agent, RunsOn } from '../people/organisation.ts'
import type { Looked, Unseen } from './agent-file.ts'

/** Why the last look found nothing new, or what Hotwork cannot see of this host; and what to do. */
export const hostNote = ({ runsOn }: Pick<Agent, 'runsOn'>, looked: Looked | undefined): string | undefined =>
  looked?.failed ? reasons[looked.failed.why] : unseenOn(runsOn)

/** Of an AWS role IAM was asked. */
function unseenOn(runsOn: RunsOn): string | undefined {
  if ('awsRole' in runsOn) return undefined
  if ('githubEnvironment' in runsOn)
    return 'Hotwork sees no secret of a GitHub environment. Look at the secrets and variables of the environment, the repository and the organisation, and at the cloud roles that trust its OIDC subject.'
  if ('kubernetesServiceAccount' in runsOn)
    return 'Hotwork asks no cluster. Look at `kubectl auth can-i --list --as system:serviceaccount:NAMESPACE:NAME`, at the secrets that its pods mount, and at the cloud role that it is bound to.'
  return 'Hotwork knows nothing of this host. Look at the credentials that lie on it, and at who else may use it.'
}

const reasons: { readonly [why in Unseen]: string } = {
  no_such_role: 'the role is not there: name the role on which the agent runs in agents.json',
  not_permitted:
    'Hotwork may not ask about this role: deploy the target stack of its account anew, or add the account to the deployment file',
  throttled: 'IAM asked Hotwork to wait: the answers are those of the last look',
  too_slow: 'IAM did not answer in time: the answers are those of the last look',
  fault: 'IAM did not answer: the answers are those of the last look',
}

export const couldAlone = 'could do this without asking Hotwork: IAM allows it to the role on which the agent runs'
