// The page for a person with a browser: what is open now, who is watching, where to ask for more.
// No script, nothing fetched from elsewhere, and every word of it escaped; it loads itself again.

import { createHash } from 'node:crypto'
import type { Incident } from '../core/incident.ts'
import { iso } from '../core/time.ts'
import type { Handlers } from './api.ts'
import { isOver } from './history.ts'
import type { Reply } from './http.ts'
import { escapeHtml, many } from './plain.ts'
import { headline, page as pageLines } from './story.ts'

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}' +
  'li{margin:.4em 0}code,.i{font-family:ui-monospace,monospace;font-size:.9em}' +
  '.i{overflow-wrap:anywhere}pre{white-space:pre-wrap;margin:.4em 0 1em 2em}:root{color-scheme:light dark}'
/** Few enough to be read; the rest is counted and linked. */
const SHOWN = 50
const RECENT = 10
const REFRESH = 15

export function page(handlers: Handlers): Reply {
  const { ready, reasons } = handlers.ready()
  const { at, vantage, watched } = handlers.present()
  const all = handlers.incidents.list({})
  const open = all.filter((incident) => !isOver(incident))
  const over = all.filter(isOver).slice(0, RECENT)
  const e = escapeHtml
  const who = watched.length > 0 ? watched.map((asn) => `AS${asn}`).join(', ') : 'every AS'
  const heard = at === null ? 'Nothing has been heard yet.' : `It is ${iso(at)} in the stream.`
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${REFRESH}">
<title>Faultline: ${e(many(open.length, 'open incident'))}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Faultline</h1>
<p>Watching ${e(who)}. ${heard}</p>
<p>${ready ? 'Ready.' : `Not ready: ${e(reasons.join('; '))}.`}
Vantage points: ${vantage.active} active, ${vantage.quarantined} quarantined, ${vantage.down} down,
${vantage.unknown} unknown.</p>
<h2>Open now: ${open.length}</h2>
${list(open.slice(0, SHOWN), 'No incident is open.')}
${open.length > SHOWN ? `<p>The latest ${SHOWN} are shown.</p>` : ''}
<h2>Over, the latest</h2>
${list(over, 'None yet.')}
<h2>Ask for more</h2>
<ul>
<li><a href="/api/v1/incidents">/api/v1/incidents</a>
(<code>?state=open&amp;asn=…&amp;since=…&amp;limit=…</code>)</li>
<li><code>/api/v1/visibility?asn=…</code></li>
<li><a href="/metrics">/metrics</a>, <a href="/healthz">/healthz</a>,
<a href="/readyz">/readyz</a></li>
</ul>
<p>Faultline ${e(handlers.version)}</p>
</body>
</html>
`
  const hash = createHash('sha256').update(STYLE).digest('base64')
  const policy =
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; ` +
    "frame-ancestors 'none'"
  return {
    contentType: 'text/html; charset=utf-8',
    body,
    headers: { 'content-security-policy': policy },
  }
}

function list(incidents: readonly Incident[], none: string): string {
  if (incidents.length === 0) return `<p>${escapeHtml(none)}</p>`
  const items = incidents.map((incident) => {
    const day = escapeHtml(incident.updatedAt.slice(0, 10))
    const link = `/api/v1/incidents/${encodeURIComponent(incident.id)}?revisions=all`
    const told = isOver(incident) ? [] : pageLines(incident)
    const verdict = told.length > 0 ? `\n<pre>${told.map(escapeHtml).join('\n')}</pre>` : ''
    return `<li class="i">${day} <a href="${link}">${escapeHtml(headline(incident))}</a>${verdict}</li>`
  })
  return `<ul>\n${items.join('\n')}\n</ul>`
}
