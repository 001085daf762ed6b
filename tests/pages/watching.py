"""What a browser says of an open page: what it asked for, what it complained of, where things stand, how they read."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

# Of each element: the text of its own, its colour on what is painted behind it, and where it stands.
_TEXTS = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const [red, green, blue, alpha] = numbers(getComputedStyle(at).backgroundColor);
      if (alpha === undefined || alpha === 1) return [red, green, blue];
      if (alpha !== 0) throw new Error('a background that is half transparent');
    }
    throw new Error('nothing painted behind');
  };
  return [...document.body.querySelectorAll('*')].flatMap(element => {
    const own = [...element.childNodes].filter(node => node.nodeType === 3 && node.data.trim());
    if (!own.length || element.closest('title, thead')) return [];
    const style = getComputedStyle(element), inside = element.closest('svg') !== null;
    const box = element.getBoundingClientRect();
    return [{text: own.map(node => node.data.trim()).join(' '), size: parseFloat(style.fontSize),
             colour: numbers(inside ? style.fill : style.color),
             behind: behind(element.closest('svg')?.parentElement ?? element),
             left: box.left, right: box.right, width: box.width, height: box.height}];
  });
}"""
_BOXES = """selector => [...document.querySelectorAll(selector)].map(element => {
  const box = element.getBoundingClientRect();
  return {name: element.tagName + '.' + (element.getAttribute('class') || ''), left: box.left, right: box.right,
          top: box.top, bottom: box.bottom, width: box.width, height: box.height};
})"""
_CROWDED = """() => [...document.querySelectorAll('svg')].flatMap(drawing => {
  const boxes = [...drawing.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
  return boxes.flatMap(([name, box], place) => boxes.slice(place + 1)
    .filter(([, other]) => box.left < other.right && other.left < box.right)
    .map(([other]) => name + ' over ' + other));
})"""


@dataclass
class Seen:
    """What happened while a page was open."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


def watch(page: Page) -> Seen:
    """Note what a page asks for and what it or the browser complains of."""
    seen = Seen()
    page.on("request", lambda request: seen.requests.append(request.url))
    page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))

    def dismiss(dialog: Any) -> None:
        seen.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", dismiss)
    return seen


@dataclass(frozen=True)
class Opened:
    """An open page."""

    page: Page
    url: str
    seen: Seen

    def at(self, width: int = 390, scheme: str = "light") -> "Opened":
        """Make the window so many pixels wide and turn to a colour scheme."""
        self.page.bring_to_front()
        self.page.set_viewport_size({"width": width, "height": 844})
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        return self

    def boxes(self, selector: str) -> list[dict[str, Any]]:
        """Return where elements stand, in pixels of the window."""
        return self.page.evaluate(_BOXES, selector)

    def texts(self) -> list[dict[str, Any]]:
        """Return every piece of text with its colours, size and place."""
        return self.page.evaluate(_TEXTS)

    def crowded(self) -> list[str]:
        """Return the letters of drawings that stand on each other."""
        return self.page.evaluate(_CROWDED)

    def overhang(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def contrast(colour: list[float], behind: list[float]) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(parts: list[float]) -> float:
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in (value / 255 for value in parts[:3])
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(colour), luminance(behind)))
    return (lighter + 0.05) / (darker + 0.05)
