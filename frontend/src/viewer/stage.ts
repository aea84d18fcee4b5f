// The picture with its boxes. Exact: the canvas holds the very frame that was inferred, and its boxes.
// Live: the video plays at its own rate under a transparent canvas with the newest boxes.
import type { Picture } from '../detect/messages';
import { pictureSize } from '../detect/picture';
import type { DetectionResult } from '../protocol/messages';
import { type Area, contentRect, type Fit } from './boxes';
import type { Filter } from './filter';
import type { Overlay } from './options';
import { paintDetections } from './painter';

/** Boxes older than this say nothing about now: Live takes them away, Exact shows its picture as old. */
const STALE_MS = 1000;

export class Stage {
  fit: Fit = 'contain';
  private overlay: Overlay = 'exact';
  private result: DetectionResult | null = null;
  /** The frame on the canvas in Exact, kept to paint it again when the window changes. Somebody else's to close. */
  private picture: Picture | null = null;
  /** Plays in the video's place. */
  private relayed: HTMLCanvasElement | null = null;
  private staleTimer: number | undefined;
  private readonly context: CanvasRenderingContext2D;

  constructor(
    private readonly root: HTMLElement,
    private readonly video: HTMLVideoElement,
    private readonly canvas: HTMLCanvasElement,
    private readonly filter: Filter,
  ) {
    const context = canvas.getContext('2d');
    if (!context) throw new Error('this browser has no 2D canvas');
    this.context = context;
    new ResizeObserver(() => this.resize()).observe(root);
    video.addEventListener('resize', () => this.repaint());
    this.resize();
  }

  setOverlay(overlay: Overlay): void {
    this.overlay = overlay;
    this.root.dataset.overlay = overlay;
    this.forgetPicture();
  }

  /** What plays on the stage from now on: pictures that come through the server, or the video (null). */
  setRelayed(relayed: HTMLCanvasElement | null): void {
    this.relayed = relayed;
    this.root.dataset.source = relayed ? 'relay' : 'video';
    this.forgetPicture();
  }

  setFit(fit: Fit): void {
    this.fit = fit;
    this.root.dataset.fit = fit;
    this.repaint();
  }

  /** Paints a new result at once. Its picture is used until the next one, or until `clear`. */
  show(result: DetectionResult, picture: Picture): void {
    this.result = result;
    this.picture = this.overlay === 'exact' ? picture : null;
    this.repaint();
    this.root.dataset.painted = '';
    delete this.root.dataset.stale;
    this.canvas.dispatchEvent(new CustomEvent('sightline:painted', { detail: result }));
    clearTimeout(this.staleTimer);
    this.staleTimer = window.setTimeout(() => this.expire(), STALE_MS);
  }

  /** The video is over: nothing of it may look live. */
  clear(): void {
    clearTimeout(this.staleTimer);
    this.result = null;
    this.picture = null;
    delete this.root.dataset.painted;
    delete this.root.dataset.stale;
    this.repaint();
  }

  repaint(): void {
    const { context, canvas } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    const size = this.contentSize();
    if (!this.result || !size) return;
    const content = contentRect(size, canvas, this.fit);
    if (this.picture) context.drawImage(this.picture, content.x, content.y, content.width, content.height);
    const detections = this.filter.apply(this.result.detections);
    paintDetections({ context, detections, content, scale: window.devicePixelRatio });
  }

  /** Until the next result there is no inferred frame to show: the video shows instead. */
  private forgetPicture(): void {
    delete this.root.dataset.painted;
    this.picture = null;
    this.repaint();
  }

  private contentSize(): Area | null {
    const { picture, video, relayed } = this;
    if (this.overlay === 'live') {
      if (relayed) return { width: relayed.width, height: relayed.height };
      return video.videoWidth > 0 ? { width: video.videoWidth, height: video.videoHeight } : null;
    }
    return picture && pictureSize(picture);
  }

  private expire(): void {
    this.root.dataset.stale = '';
    if (this.overlay !== 'live') return;
    this.result = null;
    this.repaint();
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.root;
    this.canvas.width = Math.max(1, Math.round(clientWidth * window.devicePixelRatio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * window.devicePixelRatio));
    this.repaint();
  }
}
