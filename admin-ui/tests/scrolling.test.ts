import { expect, test } from "vitest";
import { isHandUp, Scroller } from "../src/viewer/scrolling";

/** A box as a browser has it: its place is kept within its text, and moves are told later. */
class Box {
  private at = 0;
  scrollHeight = 1000;
  clientHeight = 500;
  clientWidth = 360;

  get scrollTop(): number {
    return Math.min(this.at, this.scrollHeight - this.clientHeight);
  }

  set scrollTop(top: number) {
    this.at = Math.max(0, Math.min(top, this.scrollHeight - this.clientHeight));
  }
}

/** A box whose page follows the end of its text. */
function atEnd(): { box: Box; scroller: Scroller } {
  const box = new Box();
  const scroller = new Scroller(box, 10);
  scroller.toEnd();
  scroller.settle();
  scroller.settle();
  return { box, scroller };
}

const AWAY = { left: true, arrived: false };
const BACK = { left: false, arrived: true };
const BETWEEN = { left: false, arrived: false };

test("the page's own scroll, told after somebody paused, is nobody's wish to follow", () => {
  const { box, scroller } = atEnd();
  box.scrollHeight = 1400;
  scroller.toEnd();
  // Here `f` is pressed; the browser tells of the scroll only now.
  expect(scroller.told()).toBeNull();
});

test("two scrolls of the page that are told as one are still its own", () => {
  const { box, scroller } = atEnd();
  box.scrollHeight = 1400;
  scroller.toEnd();
  box.scrollHeight = 1800;
  scroller.toEnd();
  expect(scroller.told()).toBeNull();
  expect(scroller.told()).toBeNull();
});

/** An event as a hand on the box makes it. */
function hand(type: string, parts: object): Event {
  return Object.assign(new Event(type), parts);
}

test.each([
  ["the wheel", hand("wheel", { deltaY: -4 })],
  ["a finger", hand("touchmove", {})],
  ["a key", hand("keydown", { key: "ArrowUp" })],
  ["Shift and the space bar", hand("keydown", { key: " ", shiftKey: true })],
  ["the middle button", hand("pointerdown", { button: 1 })],
])("who scrolls up leaves the end, by however little, with %s", (_, event) => {
  const { box, scroller } = atEnd();
  scroller.touched(event);
  box.scrollTop -= 4;
  expect(scroller.told()).toEqual(AWAY);
});

test.each([
  ["clicks into the text", hand("pointerdown", { button: 0, offsetX: 100 })],
  ["turns the wheel on at the end", hand("wheel", { deltaY: 120 })],
  ["types", hand("keydown", { key: "End" })],
])("who %s has not left when a banner moves the text just then", (_, event) => {
  const { box, scroller } = atEnd();
  scroller.touched(event);
  box.scrollTop -= 10;
  expect(scroller.told()).toEqual(BETWEEN);
});

test("who takes the scrollbar may leave; a click beside a line that is short does not", () => {
  const box = new Box();
  // A listener of the box hears both; the scrollbar is no part of its inside.
  const at = (offsetX: number) =>
    ({ type: "pointerdown", button: 0, offsetX, target: box }) as unknown as Event;
  expect(isHandUp(at(365), box)).toBe(true);
  expect(isHandUp(at(200), box)).toBe(false);
});

test("a banner that grew and shrank again before that is told has moved the text, and nobody left", () => {
  const { box, scroller } = atEnd();
  box.scrollTop -= 37;
  expect(scroller.told()).toEqual(BETWEEN);
});

test("who leaves while the page's own scroll is not told yet has left all the same", () => {
  const { box, scroller } = atEnd();
  box.scrollHeight = 1400;
  scroller.toEnd();
  box.scrollTop -= 120;
  expect(scroller.told()).toEqual(AWAY);
});

test("who scrolls down to the end is back, and on the way there he is not", () => {
  const { box, scroller } = atEnd();
  scroller.to(100);
  box.scrollTop += 100;
  expect(scroller.told()).toEqual(BETWEEN);
  box.scrollTop += 295;
  expect(scroller.told()).toEqual(BACK);
});

test("who comes to the end as he saw it is there, though a row was drawn meanwhile; not a screen before it", () => {
  const { box, scroller } = atEnd();
  scroller.to(100);
  box.scrollHeight = 1400;
  scroller.settle();
  box.scrollTop = 500;
  expect(scroller.told()).toEqual(BACK);
  scroller.settle();
  scroller.to(100);
  box.scrollTop = 500;
  expect(scroller.told()).toEqual(BETWEEN);
});

test("rows that came below, not drawn yet, are not left", () => {
  const { box, scroller } = atEnd();
  box.scrollHeight = 1400;
  expect(scroller.told()).toBeNull();
});

test("a box that changed its size was not scrolled by its reader, wherever that left it", () => {
  const { box, scroller } = atEnd();
  box.clientHeight = 900;
  expect(scroller.told()).toBeNull();
  scroller.settle();
  box.clientWidth = 345;
  box.scrollTop = 0;
  expect(scroller.told()).toBeNull();
  scroller.settle();
  box.scrollTop += 50;
  expect(scroller.told()).toEqual(BETWEEN);
});

test("a box that bounces back to its end was not left", () => {
  const { box, scroller } = atEnd();
  box.scrollTop -= 1;
  expect(scroller.told()).toEqual(BETWEEN);
});

test("who comes to the end is there, though the page mends a height before that is told", () => {
  const { box, scroller } = atEnd();
  box.scrollTop = 0;
  expect(scroller.told()).toEqual(AWAY);
  box.scrollTop = 500;
  scroller.to(498);
  expect(scroller.told()).toEqual(BACK);
  expect(scroller.told()).toBeNull();
});
