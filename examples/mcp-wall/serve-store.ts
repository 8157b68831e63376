import { readFileSync } from 'node:fs'
import { readSecret } from './secret.ts'
import { createStore } from './store.ts'

/** The store as a program. It takes its secret over TLS alone: the agent may be on the wire to it. */
const { HOST: host = '127.0.0.1', PORT: port = '8701', STORE_KEY: key = '', STORE_CERT: cert = '' } = process.env
const store = createStore(readSecret(), { key: readFileSync(key), cert: readFileSync(cert) }, console.log)
store.listen(Number(port), host, () => console.log(`https://${host}:${port}`))
