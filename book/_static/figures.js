// Live figures: every <div class="ta-live" data-figure="NAME"> is filled by figures/NAME.js, which is fetched only by
// pages that have one.  Here is what they share: words of two languages, SVG, controls, and one way to sound.
(() => {
  'use strict';
  const folder = document.currentScript.src.replace(/figures\.js.*$/, 'figures/');
  const korean = document.documentElement.lang == 'ko';
  const drawings = {};
  let context = null;

  const figure = window.taFigure = {
    words: (ko, en) => korean ? ko : en,

    // define('name', box => …): what fills a box.
    define(name, draw) {
      drawings[name] = draw;
      for (const box of document.querySelectorAll(`.ta-live[data-figure="${name}"]`)) {
        box.replaceChildren();
        box.setAttribute('role', 'group');
        draw(box);
        box.dataset.ready = '';
      }
    },

    // An element of HTML or, by `svg`, of SVG.
    html: (name, attributes = {}, ...children) => make(document.createElement(name), attributes, children),
    svg: (name, attributes = {}, ...children) => make(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children),
    set: (element, attributes) => make(element, attributes, []),

    // A slider with its name and its value in words; `tell(value)` gives the words.
    slider({ label, min, max, step, value, tell, move }) {
      const input = figure.html('input', { type: 'range', min, max, step, value });
      const output = figure.html('output');
      const update = () => {
        output.textContent = tell(+input.value);
        input.setAttribute('aria-valuetext', output.textContent);
        move(+input.value);
      };
      input.addEventListener('input', update);
      return { element: figure.html('label', { class: 'ta-control' }, `${label}: `, output, input), input, update };
    },

    // Buttons of which one is pressed.
    choice({ label, values, value, choose }) {
      const buttons = Object.entries(values).map(([key, text]) => {
        const button = figure.html('button', { type: 'button', 'aria-pressed': key == value }, text);
        button.addEventListener('click', () => {
          buttons.forEach(one => one.setAttribute('aria-pressed', one == button));
          choose(key);
        });
        return button;
      });
      return figure.html('div', { class: 'ta-choices', role: 'group', 'aria-label': label }, figure.html('span', { 'aria-hidden': true }, `${label}: `), ...buttons);
    },

    // A button that sounds until it is pressed again or something else on the page plays.  `start(context, out)` connects
    // sources to `out`, and returns what stops them.
    sound({ label, start, changed = () => {} }) {
      const button = figure.html('button', { type: 'button', class: 'ta-sound', 'aria-pressed': false }, `▶ ${label}`);
      let stop = null, out = null;
      const end = () => {
        if (!stop) return;
        const [last, level] = [stop, out];
        stop = out = null;
        level.gain.setTargetAtTime(0, context.currentTime, 0.015);
        setTimeout(() => { last(); level.disconnect(); }, 120);
        button.setAttribute('aria-pressed', false);
        button.textContent = `▶ ${label}`;
        changed(false);
      };
      button.addEventListener('click', () => {
        if (stop) return end();
        window.taSilence?.(button);
        context ??= new AudioContext();
        context.resume();
        out = new GainNode(context, { gain: 0 });
        out.connect(context.destination);
        out.gain.setTargetAtTime(1, context.currentTime, 0.015);
        stop = start(context, out);
        button.setAttribute('aria-pressed', true);
        button.textContent = `■ ${label}`;
        changed(true);
      });
      document.addEventListener('ta-silence', event => { if (event.detail != button) end(); });
      return button;
    },

    // `move(x, y)` with the place in the picture's own units, while a pointer is over it or, with `held`, pressed on it.
    pointer(picture, move, held) {
      const report = event => {
        const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
        move(point.x, point.y);
      };
      picture.addEventListener('pointerdown', event => { if (held) picture.setPointerCapture(event.pointerId); report(event); });
      picture.addEventListener('pointermove', event => { if (!held || event.buttons) report(event); });
    },

    // "M x y L x y …" of points.
    path: points => points.map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(2)} ${y.toFixed(2)}`).join(''),
  };

  function make(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const names = new Set([...document.querySelectorAll('.ta-live')].map(box => box.dataset.figure));
  for (const name of names) document.head.append(Object.assign(document.createElement('script'), { src: `${folder}${name}.js` }));
})();
