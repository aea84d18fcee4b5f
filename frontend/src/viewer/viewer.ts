// Ties the viewer's parts together; each part decides for itself, this file only passes news on.
import { epochNow } from '../detect/epoch';
import type { ResultMessage } from '../detect/messages';
import type { ViewerFacts } from '../doctor/facts';
import { byId } from '../dom';
import type { ClientConfig, MetricsReport, Mode } from '../protocol/messages';
import { IceServers } from '../rtc/ice';
import { Receiver } from '../rtc/receiver';
import { showCertificate } from './certificate';
import { Choices } from './choices';
import { Detection } from './detection';
import { Display } from './display';
import { Doctor } from './doctor/doctor';
import { Flow } from './flow';
import { HiddenTime } from './hidden-time';
import { Hud } from './hud';
import { Invite } from './invite';
import type { Options } from './options';
import { PhonePanel } from './phone-panel';
import { RecordPanel } from './record-panel';
import { Recorder } from './recording';
import { Relay } from './relay/relay';
import { reportOf } from './report';
import { Room } from './room';
import { Snapshots } from './snapshot/snapshots';
import { Stage } from './stage';
import { type Connection, connectionOf, isLive, keepsPicture, type Situation } from './status';
import { View } from './view';
import { Waterfall } from './waterfall';

const HUD_EVERY_MS = 250;

export class Viewer {
  private readonly video = byId<HTMLVideoElement>('video');
  private readonly view = new View();
  private readonly invite = new Invite();
  private readonly hud = new Hud();
  private readonly choices = new Choices({
    overlay: (overlay) => this.stage.setOverlay(overlay),
    filtered: () => this.stage.repaint(),
  });
  private readonly stage = new Stage(
    byId('stage'),
    this.video,
    byId<HTMLCanvasElement>('overlay'),
    this.choices.filter,
  );
  private readonly hiddenTime = new HiddenTime();
  private readonly flow = new Flow(() => this.update());
  private readonly phonePanel = new PhonePanel((signal) => this.room.channel?.post(signal));
  private readonly relay: Relay;
  private readonly receiver: Receiver;
  private readonly room: Room;
  private readonly detection: Detection;
  private readonly display: Display;
  private readonly recorder: Recorder;
  private readonly recordPanel: RecordPanel;
  private readonly snapshots: Snapshots;
  private readonly waterfall = new Waterfall();
  private readonly ice = new IceServers();
  private readonly doctor = this.makeDoctor();
  private connection: Connection = 'starting';
  /** The video's, once a phone has offered one. */
  private track: MediaStreamTrack | null = null;
  private situation: Omit<Situation, 'flowing' | 'relay'> = {
    seat: 'none',
    unreachable: false,
    refusal: null,
    phonePresent: false,
    peer: 'none',
  };

  constructor(
    private readonly options: Options,
    private readonly config: ClientConfig,
  ) {
    const mode = options.mode ?? config.mode;
    this.view.showNotes(options.notes);
    this.detection = new Detection(options, config, mode, this.choices.saver, this.hiddenTime, {
      result: (message) => this.showResult(message),
      begun: (metrics) => {
        this.flow.mark();
        this.relay.mark();
        this.recorder.begun(metrics);
      },
      disturbed: (reason) => this.recorder.spoil(reason),
    });
    const { vision } = this.detection;
    this.display = new Display(this.stage, () => this.detection.metrics, this.hiddenTime);
    const { filter } = this.choices;
    this.snapshots = new Snapshots({ config, filter, newest: () => this.display.newest });
    this.recorder = new Recorder({
      obstacle: () => this.obstacle,
      countAnew: () => vision.countAnew(),
      report: () => this.report(),
    });
    this.recordPanel = new RecordPanel(this.recorder, () => this.room.shelf);
    this.setUpControls(mode);
    this.relay = this.makeRelay();
    this.receiver = this.makeReceiver();
    this.room = this.makeRoom();
    this.room.start(options.newRoom);
    this.view.onTakeBack(() => this.room.channel?.open());
    setInterval(() => this.refreshHud(), HUD_EVERY_MS);
    document.addEventListener('visibilitychange', () => this.noteVisibility());
    this.noteVisibility();
    this.update();
  }

  private noteVisibility(): void {
    this.hiddenTime.note(document.visibilityState === 'hidden', epochNow());
    if (this.hiddenTime.on) this.display.hide();
  }

  private state() {
    return {
      ...this.detection.state(),
      overlay: this.choices.overlay,
      connection: this.connection,
      last: this.display.last,
    };
  }

  /** `window.sightline`: for tests, benchmarks and curious people. */
  handles() {
    return {
      state: () => this.state(),
      metrics: () => this.report(),
      /** The last ten seconds. */
      glance: () => this.detection.metrics.glance(epochNow()),
      /** What the connection doctor finds. */
      doctor: () => this.doctor.checks,
      /** Measures for so many seconds, from nought. */
      record: (seconds: number) => this.recorder.record(seconds),
      /** The recording under way ends with what it has. */
      stopRecording: () => this.recorder.stop(),
    };
  }

  private report(): MetricsReport {
    const { detection, flow, relay, choices, config } = this;
    const { way } = this.doctor.link;
    return reportOf({ detection, flow, relay, way, choices, config });
  }

  /** Relayed pictures are told their time by two clocks: the phone's knowledge of the server's, and ours. */
  private get clock(): ViewerFacts['clock'] {
    if (!this.relay.inUse) return this.detection.metrics.clock;
    const { clockError } = this.relay;
    return clockError === null ? null : { error: clockError };
  }

  /** What keeps frames from being detected now. */
  private get obstacle(): string | null {
    if (!isLive(this.connection)) return 'no video arrives from a phone';
    return this.detection.detector?.kind === 'ready' ? null : 'the detector is not ready';
  }

  private setUpControls(mode: Mode): void {
    this.choices.offer(mode, this.options, this.config, {
      mode: (chosen) => this.detection.setMode(chosen),
      saver: (on) => this.detection.setSaver(on),
      fit: (fit) => this.stage.setFit(fit),
      record: () => this.recordPanel.press(),
      saveFrame: () => void this.snapshots.saveFrame(),
      collect: () => this.snapshots.collect(),
      waterfall: () => this.waterfall.toggle(),
      doctor: () => this.doctor.toggle(),
    });
  }

  private makeRelay(): Relay {
    const relay = new Relay(byId<HTMLCanvasElement>('relayed'), {
      carries: (on) => this.changeWay(on ? relay.canvas : null),
      picture: (picture, capture) => this.detection.vision.relayed(picture, capture),
      ask: () => this.room.channel?.post({ relay: {} }),
      changed: () => this.update(),
    });
    return relay;
  }

  /** Pictures come through the server from now on, or as video (null) again: figures of the two are not mixed. */
  private changeWay(relayed: HTMLCanvasElement | null): void {
    const { vision } = this.detection;
    this.stage.setRelayed(relayed);
    if (relayed) vision.attachRelay();
    else if (this.track) vision.attach(this.track, this.video);
    else vision.detach();
    this.recorder.spoil('the pictures began to come another way');
    vision.countAnew();
  }

  private makeReceiver(): Receiver {
    return new Receiver(() => this.ice.take(), {
      post: (signal) => this.room.channel?.post(signal),
      state: (peer) => {
        this.situation.peer = peer;
        this.doctor.link.note(peer, this.receiver.pc);
        // While pictures come through the server, only video that has arrived is better.
        const trusting = !this.relay.inUse;
        if (peer === 'live' && this.receiver.pc) this.flow.watch(this.receiver.pc, trusting);
        if (peer === 'none' || peer === 'connecting') this.release();
        this.update();
      },
      track: (track) => {
        this.video.srcObject = new MediaStream([track]);
        this.video.play().catch((error: unknown) => console.warn('the video does not play', error));
        this.track = track;
        if (!this.relay.inUse) this.detection.vision.attach(track, this.video);
      },
    });
  }

  private makeRoom(): Room {
    const welcomed = new Set<string>();
    return new Room({
      room: (room) => {
        this.invite.show(room, this.config.join_obstacle);
        if (room) this.ice.enter(room.room, room.viewer_token);
        this.relay.enter(room);
        showCertificate(this.config.certificate);
        // Another room knows nothing of the old one's phone.
        this.situation.phonePresent = false;
        this.update();
      },
      reach: (reach) => this.note(reach),
      state: (seat) => {
        this.note({ seat });
        if (seat === 'open') this.serverAnswers();
        if (seat !== 'replaced') return;
        // When this window takes its place back it starts as a fresh one does.
        welcomed.clear();
        this.receiver.close();
      },
      peer: (phonePresent, welcome) => {
        // The server may have been away, and the network another one since.
        if (welcome) this.invite.renew();
        const first = welcome && !welcomed.has(this.room.id);
        welcomed.add(this.room.id);
        this.note({ phonePresent });
        if (!phonePresent) this.doctor.forgetPhone();
        // Its seat has changed hands or was left; a welcome is about our own.
        if (!welcome) this.phonePanel.forget();
        this.receiver.phone(phonePresent, first);
        if (phonePresent) this.relay.phoneCame();
      },
      signal: (signal) => {
        this.phonePanel.receive(signal);
        if ('facts' in signal) this.doctor.hear(signal.facts);
        else void this.ice.known.then(() => this.receiver.receive(signal));
      },
      invitation: () => this.invite.renew(),
    });
  }

  private serverAnswers(): void {
    this.detection.vision.serverAnswers();
    this.relay.serverAnswers();
  }

  private makeDoctor(): Doctor {
    return new Doctor({
      look: () => ({
        secure: window.isSecureContext,
        seat: this.situation.seat,
        unreachable: this.situation.unreachable,
        refusal: this.situation.refusal,
        postMs: this.room.channel?.postMs ?? null,
        servers: this.ice.kinds,
        phonePresent: this.situation.phonePresent,
        relayed: this.relay.inUse ? { fps: this.relay.fps } : null,
        clock: this.clock,
        detector: this.detection.detector,
      }),
      live: () => isLive(this.connection),
      ask: () => this.room.channel?.post({ ask_facts: {} }),
    });
  }

  private showResult(message: ResultMessage): void {
    if (!keepsPicture(this.connection)) {
      message.picture.close();
      return;
    }
    this.choices.noteSeen(message.result.detections);
    this.display.show(message);
    this.phonePanel.noteShown(this.choices.filter.apply(message.result.detections));
    this.snapshots.take(message);
  }

  private note(news: Partial<Situation>): void {
    Object.assign(this.situation, news);
    this.update();
  }

  private update(): void {
    const { flow, relay, situation } = this;
    const connection = connectionOf({ ...situation, flowing: flow.flowing, relay: relay.state });
    const left = situation.peer === 'live' && connection === 'waiting_for_phone';
    this.connection = connection;
    this.view.showConnection(connection, situation.refusal);
    this.phonePanel.setLive(keepsPicture(connection) && situation.phonePresent && situation.seat === 'open');
    if (!keepsPicture(connection)) this.display.clear();
    // The phone went without a goodbye on the wire: the room says it is gone and no frame comes.
    if (left) this.receiver.close();
    const phonePresent = situation.phonePresent && situation.seat !== 'replaced';
    relay.note({ phonePresent, direct: connection === 'live', offered: situation.peer !== 'none' });
  }

  /** Nothing of the last video stays, neither on the screen nor in the worker. */
  private release(): void {
    this.flow.stop();
    this.video.srcObject = null;
    this.track = null;
    // A new try of the direct way does not disturb what comes through the server.
    if (this.relay.inUse) return;
    this.detection.vision.detach();
    this.display.clear();
  }

  private refreshHud(): void {
    const { detection, connection } = this;
    const { metrics, detector, rate } = detection;
    const now = keepsPicture(connection) ? epochNow() : null;
    if (this.waterfall.open) this.waterfall.show(now === null ? null : metrics.recentStages(now));
    this.hud.show({
      glance: now === null ? null : metrics.glance(now),
      frames: metrics.frames,
      hidden: metrics.hidden,
      clockError: this.clock?.error ?? null,
      captureClock: metrics.counts.capture_clock,
      detector,
      rate,
      connection,
    });
  }
}

export type Handles = ReturnType<Viewer['handles']>;
