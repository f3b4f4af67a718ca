import { createServer } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Incident } from '../../src/core/incident.ts'
import { parseInstant } from '../../src/core/time.ts'
import { apiRoutes, type Handlers } from '../../src/report/api.ts'
import { History } from '../../src/report/history.ts'
import {
  type HttpServer,
  type HttpSettings,
  json,
  type Route,
  startHttp,
} from '../../src/report/http.ts'
import { Metrics } from '../../src/report/metrics.ts'
import { judged, leak, outage, resolved } from './sample.ts'

const servers: HttpServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

function handlers(over: Partial<Handlers> = {}): Handlers {
  const history = new History()
  const earlier: Incident = { ...outage, revision: 2, severity: 'major' }
  for (const incident of [outage, earlier, leak]) history.add(incident)
  return {
    version: '0.1.0',
    metrics: new Metrics({ version: '0.1.0', watched: [39891] }),
    incidents: history,
    ready: () => ({ ready: true, reasons: [] }),
    present: () => ({
      at: parseInstant('2024-10-29T00:10:00Z') ?? 0,
      vantage: outage.vantage,
      watched: [39891],
    }),
    visibility: (asn) => (asn === 39891 ? { asn, ipv4: { ratio: 1 } } : undefined),
    ...over,
  }
}

async function start(
  over: Partial<Handlers> = {},
  settings: Partial<HttpSettings> = {},
  more: Route[] = [],
): Promise<HttpServer> {
  const routes = [...apiRoutes(handlers(over)), ...more]
  const server = await startHttp({ listen: '127.0.0.1:0', ...settings }, routes)
  servers.push(server)
  return server
}

/** Sends bytes as they are; what comes back until the other side ends. */
function raw(url: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (data) => {
      text += data
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

describe('routes', () => {
  test('metrics and health', async () => {
    const { url } = await start()
    const metrics = await fetch(`${url}/metrics`)
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(await metrics.text()).toContain('faultline_build_info{version="0.1.0"} 1')
    const health = await fetch(`${url}/healthz`)
    expect([health.status, await health.text()]).toEqual([200, 'ok\n'])
  })

  test('readiness says why not, to people and to programs', async () => {
    const not = { ready: false, reasons: ['learning', 'ris-live\nis silent'] }
    const { url } = await start({ ready: () => not })
    const text = await fetch(`${url}/readyz`)
    expect([text.status, await text.text()]).toEqual([
      503,
      'not ready\n- learning\n- ris-live?is silent\n',
    ])
    const program = await fetch(`${url}/readyz`, { headers: { accept: 'application/json' } })
    expect([program.status, await program.json()]).toEqual([503, not])
    const ready = await start()
    const fine = await fetch(`${ready.url}/readyz`)
    expect([fine.status, await fine.text()]).toEqual([200, 'ready\n'])
    // What is wrong without being a reason is told, and is none.
    const so = await start({
      ready: () => ({ ready: true, reasons: [], symptoms: ['rrc01 stalls'] }),
    })
    const but = await fetch(`${so.url}/readyz`)
    expect([but.status, await but.text()]).toEqual([200, 'ready\n- rrc01 stalls\n'])
  })

  test('incidents, one and all, with the record as it stands', async () => {
    const { url } = await start()
    const ask = async (path: string) => (await fetch(`${url}/api/v1/incidents${path}`)).json()
    const { total, incidents } = (await ask('')) as { total: number; incidents: Incident[] }
    expect([total, incidents[0]]).toEqual([2, leak])
    expect(incidents[1]).toMatchObject({ id: outage.id, revision: 2 })
    expect(await ask('?limit=1')).toEqual({ total: 2, incidents: [leak] })
    expect(await ask(`/${leak.id}`)).toEqual(leak)
    const revisions = (await ask(`/${outage.id}?revisions=all`)) as Incident[]
    expect(revisions.map((i) => i.revision)).toEqual([1, 2])
  })

  test.each([
    ['?asn=AS39891', [outage.id]],
    ['?asn=39891&asn=15169', [leak.id, outage.id]],
    ['?state=open', [leak.id, outage.id]],
    ['?state=resolved&state=transient', []],
    ['?since=2024-10-29T00:08:50Z', [leak.id, outage.id]],
    ['?since=2024-10-29T00:08:51Z', []],
    ['?since=1730160531', []],
  ])('incidents%s', async (query, ids) => {
    const { url } = await start()
    const answer = await fetch(`${url}/api/v1/incidents${query}`)
    const { incidents } = (await answer.json()) as { incidents: Incident[] }
    expect(incidents.map((i) => i.id)).toEqual(ids)
  })

  test('visibility of a watched AS', async () => {
    const { url } = await start()
    const answer = await fetch(`${url}/api/v1/visibility?asn=39891`)
    expect(await answer.json()).toEqual({ asn: 39891, ipv4: { ratio: 1 } })
  })

  test.each([
    ['/api/v1/incidents?stat=open', 400, /"stat".*state, asn, since, limit/],
    ['/api/v1/incidents?state=closed', 400, /open, resolving/],
    ['/api/v1/incidents?state=toString', 400, /open, resolving/],
    ['/api/v1/incidents?asn=x', 400, /number/],
    ['/api/v1/incidents?since=yesterday', 400, /2024-10-29T/],
    ['/api/v1/incidents?limit=0', 400, /1 to 1000/],
    ['/api/v1/incidents?limit=1e9', 400, /1 to 1000/],
    ['/api/v1/incidents/0000000000000000', 404, /no incident/],
    ['/api/v1/incidents/..%2f..%2fetc', 404, /no incident/],
    [`/api/v1/incidents/${outage.id}?revisions=2`, 400, /all/],
    [`/api/v1/incidents/${outage.id}/more`, 404, /nothing here/],
    ['/api/v1/incidents/', 404, /nothing here/],
    ['/api/v1/visibility', 400, /asn is missing/],
    ['/api/v1/visibility?asn=1', 404, /AS1 is not watched/],
    ['/nowhere', 404, /nothing here/],
    ['//', 404, /nothing here/],
    [`/?${'x'.repeat(2_100)}`, 414, /longer than 2048/],
  ])('%s is %i and says what is wrong', async (path, status, message) => {
    const { url } = await start()
    const answer = await raw(
      url,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toContain(`HTTP/1.1 ${status} `)
    expect(answer).toContain('content-type: application/json')
    const { error } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as { error: string }
    expect(error).toMatch(message)
  })

  test('others may be added, with their own method', async () => {
    const post: Route = {
      method: 'POST',
      path: '/api/v1/samples',
      async answer({ request }) {
        let octets = 0
        for await (const chunk of request) octets += (chunk as Buffer).length
        return json({ octets }, 202)
      },
    }
    const { url } = await start({}, {}, [post])
    const sent = await fetch(`${url}/api/v1/samples`, { method: 'POST', body: 'abcd' })
    expect([sent.status, await sent.json()]).toEqual([202, { octets: 4 }])
    const asked = await fetch(`${url}/api/v1/samples`)
    expect([asked.status, asked.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('page', () => {
  const bad = `<script>alert("1")</script>'&`

  test('shows what is open and over, and escapes all of it', async () => {
    const history = new History()
    const tags = [{ name: 'x', score: 8, because: bad }]
    history.add({ ...outage, confidence: { score: 8, level: 'high', tags } })
    history.add({ ...resolved, id: 'aaaaaaaaaaaaaaaa' })
    const { url } = await start({
      version: bad,
      incidents: history,
      ready: () => ({ ready: false, reasons: [bad] }),
    })
    const answer = await fetch(`${url}/`)
    const body = await answer.text()
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(body).toContain('<h2>Open now: 1</h2>')
    expect(body).toContain('29 active, 1 quarantined, 0 down')
    expect(body).toContain('AS39891')
    expect(body).toContain(`/api/v1/incidents/${outage.id}?revisions=all`)
    expect(body).toMatch(/<h2>Over, the latest<\/h2>\n<ul>\n.*back after 12 min/)
    expect(body).not.toContain('<script')
    expect(body.split('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;')).toHaveLength(
      4,
    )
  })

  test('shows the verdict of what is open, line by line, escaped', async () => {
    const history = new History()
    const verdict = judged.verdict && { ...judged.verdict, order: bad }
    history.add({ ...judged, verdict })
    history.add({ ...judged, id: 'aaaaaaaaaaaaaaaa', state: 'resolved' })
    const { url } = await start({ incidents: history })
    const body = await (await fetch(`${url}/`)).text()
    const pages = [...body.matchAll(/<pre>([^<]*)<\/pre>/g)].map(([, text = '']) =>
      text.split('\n'),
    )
    expect(pages).toHaveLength(1)
    expect(pages[0]).toHaveLength(13)
    expect(pages[0]?.[0]).toContain('AS4766 ROUTING FAULT WITH SECONDARY SURGE')
    expect(pages[0]).toContain(
      'ORDER      &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;',
    )
  })

  test('asks for nothing from anywhere, and its policy allows only its own style', async () => {
    const { url } = await start()
    const answer = await fetch(`${url}/`)
    const body = await answer.text()
    expect(body).not.toMatch(/\bsrc=|<link|@import|url\(|https?:|\bon\w+=|style=/)
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(policy).not.toContain('unsafe')
    const style = /<style>(.*)<\/style>/s.exec(body)?.[1] ?? ''
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style))
    expect(policy).toContain(Buffer.from(digest).toString('base64'))
    for (const [, path] of body.matchAll(/href="([^"]+)"/g))
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200])
  })

  test('is calm when nothing is open or heard', async () => {
    const { url } = await start({
      incidents: new History(),
      present: () => ({ at: null, vantage: outage.vantage, watched: [] }),
    })
    const body = await (await fetch(`${url}/`)).text()
    expect(body).toContain('No incident is open.')
    expect(body).toContain('Watching every AS. Nothing has been heard yet.')
  })
})

describe('listener', () => {
  test('HEAD is GET without a body', async () => {
    const { url } = await start()
    const get = await fetch(`${url}/healthz`)
    const head = await fetch(`${url}/healthz`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(head.headers.get('content-length')).toBe('3')
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
  })

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is refused', async (method) => {
    const { url } = await start()
    const answer = await fetch(`${url}/metrics`, { method })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect(await answer.json()).toEqual({ error: 'this can be asked with GET, HEAD' })
  })

  test('every answer is kept from being taken for something else', async () => {
    const { url } = await start()
    for (const path of ['/', '/metrics', '/nowhere', '/api/v1/incidents']) {
      const { headers } = await fetch(`${url}${path}`)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  test('a handler that fails is told to us, not to the client', async () => {
    const errors: unknown[] = []
    const fault = new Error('secret /etc/path')
    const fails = () => {
      throw fault
    }
    const { url } = await start({ ready: fails }, { onError: (error) => void errors.push(error) })
    for (const path of ['/readyz', '/']) {
      const answer = await fetch(`${url}${path}`)
      expect(answer.status).toBe(500)
      expect(await answer.text()).not.toMatch(/secret|etc|at .*:\d/)
    }
    expect(errors).toEqual([fault, fault])
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  test('headers that are too large or too slow, and noise, end the connection', async () => {
    const { url } = await start({}, { limits: { headersTimeout: 200, requestTimeout: 400 } })
    const large = await raw(
      url,
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`,
    )
    expect(large).toMatch(/^HTTP\/1\.1 431 /)
    const began = performance.now()
    const slow = await raw(url, 'GET / HTTP/1.1\r\nHost: localhost\r\n')
    expect(slow).toMatch(/^HTTP\/1\.1 408 /)
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(await raw(url, '\u0000\u0001\u0002 noise\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
  })

  test('an idle connection is dropped', async () => {
    const { url } = await start({}, { limits: { idleTimeout: 150 } })
    const began = performance.now()
    expect(await raw(url, '')).toBe('')
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  test('more connections than the limit are turned away', async () => {
    const { url } = await start({}, { limits: { connections: 1 } })
    const port = Number(new URL(url).port)
    const first = connect(port, '127.0.0.1')
    await new Promise((resolve) => first.once('connect', resolve))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const second = await raw(url, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n').catch(
      () => '',
    )
    expect(second).toBe('')
    first.destroy()
  })

  test('a port in use says what to do', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : 0
    try {
      await expect(startHttp({ listen: `127.0.0.1:${port}` }, [])).rejects.toThrow(
        new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: the port is in use.*\`listen\``),
      )
    } finally {
      other.close()
    }
  })

  test.each(['9477', 'http://x:1', '127.0.0.1:99999', '', '::1:80', '127.0.0.1:'])(
    '"%s" is no place to listen',
    (listen) => expect(startHttp({ listen }, [])).rejects.toThrow(/write it as ADDRESS:PORT/),
  )

  test('an address of another host says so', () =>
    expect(startHttp({ listen: '192.0.2.1:0' }, [])).rejects.toThrow(/none of this host/))

  test('IPv6 has its brackets', async () => {
    const server = await startHttp({ listen: '[::1]:0' }, apiRoutes(handlers())).catch(
      (error: Error) => error,
    )
    if (server instanceof Error) {
      // A host without IPv6 must at least be told so.
      expect(server.message).toMatch(/none of this host|EAFNOSUPPORT/)
      return
    }
    servers.push(server)
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })
})

describe('close', () => {
  const slow = (answered: Promise<void>): Route => ({
    method: 'GET',
    path: '/slow',
    answer: () => answered.then(() => json('done')),
  })

  test('lets the answer under way finish, takes no more, and can be said twice', async () => {
    let finish: () => void = () => undefined
    const answered = new Promise<void>((resolve) => {
      finish = resolve
    })
    const server = await start({}, {}, [slow(answered)])
    const asked = fetch(`${server.url}/slow`)
    // Kept alive and idle: it must not hold us up.
    await (await fetch(`${server.url}/healthz`)).text()
    const closed = server.close()
    finish()
    const answer = await asked
    expect([await answer.json(), answer.headers.get('connection')]).toEqual(['done', 'close'])
    const began = performance.now()
    await closed
    await server.close()
    expect(performance.now() - began).toBeLessThan(1_000)
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
  })

  test('does not wait for ever', async () => {
    const never = new Promise<void>(() => undefined)
    const server = await start({}, { limits: { grace: 100 } }, [slow(never)])
    const asked = fetch(`${server.url}/slow`).catch(() => 'cut')
    await (await fetch(`${server.url}/healthz`)).text()
    const began = performance.now()
    await server.close()
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(await asked).toBe('cut')
  })
})

describe('a name that is not ours', () => {
  const ask = async (url: string, host: string) =>
    (await raw(url, `GET /healthz HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)).split(
      '\r\n',
    )[0]

  test('is not answered on the loopback address', async () => {
    const { url } = await start()
    for (const host of ['localhost', 'LOCALHOST:9477', '127.0.0.1:1', '127.1.2.3', '[::1]:9477'])
      expect([host, await ask(url, host)]).toEqual([host, 'HTTP/1.1 200 OK'])
    const strange = [
      'evil.example',
      'evil.example:9477',
      '127.0.0.1.evil.example',
      'localhost.evil',
    ]
    for (const host of ['', '10.0.0.1', ...strange])
      expect([host, await ask(url, host)]).toEqual([host, 'HTTP/1.1 421 Misdirected Request'])
  })

  test('is, where we listen for others too', async () => {
    const { url } = await start({}, { listen: '0.0.0.0:0' })
    expect(await ask(url, 'noc.example:9477')).toBe('HTTP/1.1 200 OK')
  })
})
