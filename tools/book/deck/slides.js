// One slide at a time: arrow keys, Page Up and Down, the space bar, Home and End, and two buttons.
// Without this script, and on paper, the slides stand one below the other.
(() => {
  'use strict';
  const slides = [...document.querySelectorAll('.slide')];
  let at = 0;

  function show(number) {
    at = Math.max(0, Math.min(slides.length - 1, number));
    slides.forEach((slide, i) => { slide.hidden = i != at; });
    window.taSilence?.(null); // what sounds belongs to the slide that is left
    document.getElementById('place').textContent = `${at + 1} / ${slides.length}`;
    document.getElementById('back').disabled = at == 0;
    document.getElementById('next').disabled = at == slides.length - 1;
    slides[at].scrollTop = 0;
    slides[at].focus({ preventScroll: true });
    history.replaceState(null, '', `#${at + 1}`);
  }

  const steps = { ArrowRight: 1, PageDown: 1, ' ': 1, ArrowLeft: -1, PageUp: -1 };
  document.addEventListener('keydown', event => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.target.closest('input, button, audio, summary, [role="slider"]') && !event.key.startsWith('Page')) return;
    if (event.key in steps) show(at + steps[event.key] * (event.key == ' ' && event.shiftKey ? -1 : 1));
    else if (event.key == 'Home') show(0);
    else if (event.key == 'End') show(slides.length - 1);
    else return;
    event.preventDefault();
  });
  document.getElementById('back').addEventListener('click', () => show(at - 1));
  document.getElementById('next').addEventListener('click', () => show(at + 1));
  addEventListener('hashchange', () => show(Number(location.hash.slice(1)) - 1 || 0));
  document.documentElement.classList.add('one');
  show(Number(location.hash.slice(1)) - 1 || 0);
})();
