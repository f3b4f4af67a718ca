// The daemon around a live run: HTTP, metrics, history, the story on standard output, and a polite end.

import { openHoles } from './bootstrap.ts'
import { InputError, version } from './command.ts'
import { isLoopback } from './config/listen.ts'
import { rtrSettings } from './config/rtr.ts'
import type { Config } from './config/schema.ts'
import { planesOf, type Settled } from './config/settle.ts'
import type { Incident } from './core/incident.ts'
import { Doors } from './doors.ts'
import type { Archive } from './feeds/archive.ts'
import type { ArchiveSite } from './feeds/archive-http.ts'
import type { RtrSettings } from './feeds/rtr-settings.ts'
import { LiveRun } from './live-run.ts'
import { windowsOf } from './maintenance.ts'
import { Output } from './output.ts'
import { readinessOf, readingOf, routersOf, visibilityOf } from './readings.ts'
import { openRefresh, type Refresh, refreshes } from './refresh.ts'
import { apiRoutes } from './report/api.ts'
import { type FormatName, openFormatter } from './report/format.ts'
import { History } from './report/history.ts'
import { type HttpServer, startHttp } from './report/http.ts'
import { openLog } from './report/log.ts'
import { Metrics } from './report/metrics.ts'
import { pushRoutes } from './report/push-api.ts'
import { routerRoutes } from './report/routers-api.ts'
import { Resync } from './resync.ts'
import { readSideInputs } from './side-inputs.ts'
import { sourcesOf } from './sources.ts'
import { makeStateFolder } from './table-state.ts'
import { treatedAsWithdraw } from './treated.ts'

export interface DaemonOptions {
  readonly settled: Settled
  readonly format: FormatName
  /** Starting tables as files. */
  readonly ribs: Archive | null
  /** Those of them that were fetched: what was said since they were taken is a hole. */
  readonly fetched?: Archive | null
  /** Where what was not heard can be fetched; closed with the daemon. */
  readonly site?: ArchiveSite | null
  /** Or by other means, before anything is heard. */
  load?(run: LiveRun): void
}

export interface Daemon {
  readonly run: LiveRun
  readonly url: string
  readonly log: ReturnType<typeof openLog>
  /** Resolves when it has ended, by signal or by `close`. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { settled, format, ribs, load, fetched = null, site = null } = options
  const { config, hash, warnings } = settled
  const readable = process.stderr.isTTY === true
  const log = openLog({ readable, level: config.log.level })
  for (const { where, why, hint } of warnings) log.warn(`${where} ${why}; ${hint}`)
  const asns = config.asns.map(({ asn }) => asn)
  const history = new History({ limit: config.limits.incidents })
  const metrics = new Metrics({ version, watched: asns })
  const colour = process.stdout.isTTY === true && !process.env['NO_COLOR']
  const formatter = openFormatter(format, { colour })
  const output = new Output(null, { waits: false })
  const tell = (incident: Incident) => {
    history.add(incident)
    metrics.incident(incident)
    output.write(formatter.incident(incident))
    const { gone } = output
    output.flush()
    if (output.gone && !gone && output.fault !== null)
      log.error(`nothing more on standard output: ${output.fault}`)
  }
  const sources = sourcesOf(config)
  const caches = cachesOf(config)
  const sideInputs = await readSideInputs(config.context, (text) => log.warn(text))
  const doors = new Doors(config.planes, !isLoopback(config.listen.host), () => run)
  // First the port: whoever has started twice by mistake must not begin the journal of the first anew.
  // Nobody is answered before the run is there: nothing below waits until then.
  const http = await listen()
  const run = await openRun()
  load?.(run)
  metrics.observe(() => readingOf(run, doors, refresh?.status() ?? null))
  log.info(`listening on ${http.url}`)
  output.write(formatter.begin())
  output.flush()

  let refresh: Refresh | null = null
  let resync: Resync | null = null
  let closing: Promise<void> | null = null
  let done = () => {}
  const ended = new Promise<void>((resolve) => {
    done = resolve
  })
  const close = () => {
    closing ??= (async () => {
      refresh?.close()
      await resync?.close()
      site?.close()
      await run.close()
      output.close()
      await http.close()
      const treated = treatedAsWithdraw(run.journey.table)
      if (treated !== null) log.warn(treated)
      if (run.journal?.fault) log.error(`the journal is not whole: ${run.journal.fault}`)
      done()
    })()
    return closing
  }
  const onSignal = (signal: NodeJS.Signals) => {
    // Whoever asks twice does not want to wait, and gets less than all.
    if (closing) process.exit(1)
    log.info(`${signal}: finishing what is on its way`)
    close().catch((error: unknown) => {
      log.fatal({ err: error }, 'could not end properly')
      process.exit(1)
    })
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('SIGHUP', onSignal)
  try {
    await run.open()
    for (const { files } of fetched?.collectors ?? [])
      for (const { path } of files) site?.release(path)
    // Who was told to end meanwhile has closed all there was: what is opened now nobody would close.
    if (closing === null) {
      // No feed has said anything yet: that takes another turn of the event loop.
      if (fetched && !run.resumed) openHoles(run.journal ?? run.journey, fetched, Date.now() * 1e3)
      if (site) resync = new Resync(site, run, (level, text) => log[level](text))
      refresh = openRefreshOf()
    }
  } catch (error) {
    // Nothing that answers on a port may outlive what it should answer about.
    await close()
    throw error
  }
  return { run, url: http.url, log, ended, close }

  function openRefreshOf(): Refresh | null {
    const settings = { ...config.context, rtr: caches }
    if (!refreshes(settings)) return null
    return openRefresh(settings, sideInputs, {
      fact: (input) => run.order.fact(input),
      now: () => run.clock(),
      log: (level, text) => log[level](text),
    })
  }

  async function openRun(): Promise<LiveRun> {
    const { state } = config
    try {
      // Now, not when the first picture is due: by then nobody is looking.
      if (state) makeStateFolder(state.folder)
    } catch (error) {
      await http.close()
      throw new InputError(`state.folder ${state?.folder}: ${(error as Error).message}`)
    }
    try {
      return new LiveRun(
        {
          asns: new Set(asns),
          sources,
          ribs,
          baseline: ribs || load ? 'rib' : 'learned-live',
          sideInputs,
          planned: windowsOf(config.maintenance),
          planes: planesOf(config),
          inputs: { version, config: hash, asRelationships: null, vrps: null },
          detect: config.detect,
          limits: config.limits,
          mostIncidents: config.limits.incidents,
          ignorePeers: config.context.ignorePeers,
          journal: config.journal ?? null,
          state: config.state,
          fills: site !== null,
          log: (level, text) => log[level](text),
          decided: (delay) => metrics.pipelineDelay(delay),
        },
        tell,
      )
    } catch (error) {
      await http.close()
      if (config.journal === undefined) throw error
      throw new InputError(`journal ${config.journal}: ${(error as Error).message}`)
    }
  }

  async function listen(): Promise<HttpServer> {
    const { host, port } = config.listen
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    try {
      return await startHttp(
        { listen: address, onError: (err) => log.error({ err }, 'a request failed') },
        [
          ...apiRoutes({
            version,
            metrics,
            incidents: history,
            ready: () => readinessOf(run),
            present: () => ({ at: run.now, vantage: run.journey.table.vantage(), watched: asns }),
            visibility: (asn) => visibilityOf(run, asn),
          }),
          ...routerRoutes(routersOf(() => run)),
          ...pushRoutes(doors),
        ],
      )
    } catch (error) {
      throw new InputError((error as Error).message)
    }
  }
}

/** Their certificates are read once, now, while somebody is looking. */
function cachesOf(config: Config): RtrSettings[] {
  try {
    return rtrSettings(config.context.rtr)
  } catch (error) {
    throw new InputError((error as Error).message)
  }
}
