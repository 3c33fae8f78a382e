// A picture that follows what is set: coarse at once, fine when it rests, and from kept views where the head is turned.
import { newest } from './latest.js';
import { turnedViews } from './views.js';

const REST = 180;  // milliseconds without a change after which the fine picture is drawn
const STAND_IN = 2;  // steps from which a view may stand in for one that is not there yet

/** What is in a picture, as text. @param {PortraitQuestion} question */
function settings(question) {
  return JSON.stringify({ ...question, fine: false, aside: undefined });
}

/** The same of all views of a head. @param {PortraitQuestion} question */
function sideless(question) {
  return settings({ ...question, yaw: 0 });
}

/**
 * @param {object} parts
 * @param {HTMLElement} parts.image where it is shown; its data say what is shown
 * @param {(fine: boolean) => PortraitQuestion} parts.asked what is set now
 * @param {(question: PortraitQuestion) => Promise<string>} parts.draw the address of a picture
 * @param {(error: unknown) => void} parts.failed called with null when a picture came
 * @param {() => boolean} parts.playing whether the head turns by itself, and the fine picture waits
 * @param {number} parts.most largest turn, degrees
 * @param {number} parts.step degrees between two views
 */
function livePicture({ image, asked, draw, failed, playing, most, step }) {
  const views = turnedViews(most, step);
  const pictures = newest(draw, show, failed, fill);
  let kept = '';  // the settings that the views are of
  let open = false, turns = false, resting = 0;

  /** @param {string} address @param {PortraitQuestion} question */
  function put(address, question) {
    image.setAttribute('src', address);
    image.dataset.shown = settings(question);
    image.dataset.fine = String(question.fine);
  }

  /** @param {string} address @param {PortraitQuestion} question */
  function show(address, question) {
    failed(null);
    if (!question.fine && sideless(question) === kept) views.keep(question.yaw, address);
    const now = settings(asked(false));
    if (settings(question) === now || !question.aside && image.dataset.shown !== now) put(address, question);
  }

  /** Draw the views that are missing, one after the other, while nothing else is asked for. */
  function fill() {
    const question = asked(false), missing = views.missing(question.yaw);
    if (!turns || !open || resting || pictures.busy() || missing === undefined) return;
    pictures.want({ ...question, yaw: missing, aside: true });
  }

  /** Draw it finely when nothing is set any more. */
  function rest() {
    clearTimeout(resting);
    resting = 0;
    if (!open || playing()) return;
    resting = setTimeout(() => {
      resting = 0;
      pictures.want(asked(true));
    }, REST);
  }

  return {
    rest,
    /** @param {number} turn */
    has: (turn) => views.at(turn) !== undefined,

    /** Begin with another person. @param {string} placeholder address of what is shown until there is a picture */
    begin(placeholder) {
      [open, turns] = [true, false];
      kept = sideless(asked(false));
      views.clear();
      pictures.forget();
      image.setAttribute('src', placeholder);
      delete image.dataset.shown;
      delete image.dataset.fine;
      pictures.want(asked(true));
    },

    /**
     * Something was set: show what there is at once.
     * @param {boolean} turned whether it was the turn: from then on all views are drawn
     */
    moved(turned) {
      const question = asked(false);
      if (sideless(question) !== kept) {
        kept = sideless(question);
        views.clear();
      }
      turns = turned;
      const view = views.at(question.yaw), nearby = views.near(question.yaw, STAND_IN * step);
      if (view) put(view, question);
      else pictures.want(question);
      if (!view && nearby) image.setAttribute('src', nearby);
      rest();
    },

    close() {
      open = false;
      clearTimeout(resting);
      resting = 0;
      pictures.forget();
      views.clear();
    },
  };
}

export { livePicture };
