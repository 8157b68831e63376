import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { makeCertificate } from '../../client/exec/certificate.ts'
import { findKubernetes } from '../../local/kubernetes/cluster.ts'
import { listenOnLoopback, startTlsFront } from '../../local/loopback.ts'
import { makeFolder, removeFolders, runModule } from './support/programs.ts'

/** A cluster on this machine. `npm run demo -- --chapter kubernetes` starts one where its programs are. */

afterEach(removeFolders)

test('the programs of a cluster are found in `KUBERNETES_BIN` or on `PATH`, all three or none', () => {
  const folder = makeFolder()
  mkdirSync(join(folder, 'bin'))
  const bin = join(folder, 'bin')
  const found = () => findKubernetes({ PATH: `/nowhere:${bin}` })?.kubectl
  for (const name of ['etcd', 'kube-apiserver']) writeFileSync(join(bin, name), '')
  expect(found()).not.toBe(join(bin, 'kubectl'))
  writeFileSync(join(bin, 'kubectl'), '')
  expect(findKubernetes({ KUBERNETES_BIN: bin })?.kubectl).toBe(join(bin, 'kubectl'))
  expect(findKubernetes({ KUBERNETES_BIN: '/nowhere', PATH: bin })).toBeUndefined()
})

test('the chapter without the programs says how to get them, and counts nothing', () => {
  const [said, held, failed] = runModule<[string, number, number]>(`
    import { tellKubernetes } from './local/demo/chapters/kubernetes.ts'
    import { Report } from './local/demo/report.ts'
    process.env.KUBERNETES_BIN = '/nowhere'
    let said = ''
    const report = new Report({ write: (text) => { said += text } })
    await tellKubernetes({ report, stack: {} })
    console.log(JSON.stringify([said, report.held, report.failed]))
  `)
  expect([said?.replaceAll(/\s+/g, ' '), held, failed]).toEqual([
    expect.stringContaining('npm run test:kubernetes'),
    0,
    0,
  ])
})

test('an address over TLS gives what the address behind it answers, and ends with its connections', async () => {
  const behind = await listenOnLoopback()
  behind.handle((call, answer) => void answer.end(`${call.method} ${call.url}`))
  const tls = makeCertificate()
  const front = await startTlsFront(tls)
  front.forwardTo(behind.url)
  const said = await new Promise<string>((resolve, reject) => {
    request(`${front.url}/x`, { ca: tls.cert }, (answer) => resolve(text(answer)))
      .once('error', reject)
      .end()
  })
  expect(said).toBe('GET /x')
  await front.close()
  await behind.close()
})
