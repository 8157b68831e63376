// Rules: test/client/exec/cluster-proxy.test.ts, test/client/requests/cluster.test.ts
import type { ClusterCredentials } from '../../functions/domain/cards/wire/task.ts'

/** A plugin that gives a token (client.authentication.k8s.io/v1), or a token that is no cluster's. */
type User = { token: string } | { exec: { command: string; args: readonly string[] } }

/**
 * A kubeconfig, as JSON, which is YAML: one context for each user, of which the first is the current one.
 * @param users by the name of their context
 */
export function kubeConfigOf(
  { server, certificateAuthority, namespace }: ClusterCredentials['cluster'],
  users: { readonly [context: string]: User },
): string {
  const cluster = {
    server,
    ...(certificateAuthority === undefined
      ? {}
      : { 'certificate-authority-data': Buffer.from(certificateAuthority).toString('base64') }),
  }
  const names = Object.keys(users)
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': names[0] },
    clusters: [{ name: 'hotwork', cluster }],
    contexts: names.map((name) => ({
      name,
      context: { cluster: 'hotwork', user: name, ...(namespace === undefined ? {} : { namespace }) },
    })),
    users: Object.entries(users).map(([name, user]) => ({
      name,
      user: 'exec' in user ? { exec: plugin(user) } : user,
    })),
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

const plugin = ({ exec }: { exec: object }) => ({
  ...{ apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Never', ...exec },
})
