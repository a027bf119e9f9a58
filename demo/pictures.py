"""The demonstration's pictures, drawn when they are wanted: no binary file is kept in the tree."""

from collections.abc import Callable

from PIL import Image

from demo import laboratory, landscapes, machines, office
from demo.canvas import Canvas, colour
from demo.scenery import Palette

_PALETTES = {
    # top of the sky, bottom of the sky, nearest ground, light, line
    "forest": ("#1d4a33", "#5d9b76", "#153a29", "#f6e3a1", "#d5eadb"),
    "sea": ("#123e52", "#3f8f98", "#0e3242", "#f5d9a5", "#d4ecee"),
    "violet": ("#2f2656", "#8069a8", "#221b42", "#f5b58a", "#e4dcf4"),
    "rust": ("#5d2a2b", "#c4785a", "#451f22", "#fae0a8", "#f6e1d3"),
    "dawn": ("#3a5a86", "#f0b99a", "#2b3f5c", "#fdebc4", "#fbf0e4"),
    "night": ("#0d1836", "#35507f", "#0a1229", "#f7e6ae", "#c9d8f2"),
    "teal": ("#0f4745", "#62aca0", "#0b3635", "#fbe7a8", "#dcf2ec"),
    "sand": ("#85674a", "#ecd0a0", "#553f2e", "#fff2cf", "#fbf2df"),
    "rose": ("#63385a", "#dc9aa0", "#47273f", "#fde3c0", "#f9e4e4"),
    "slate": ("#2b3a4b", "#8097ab", "#1e2a38", "#f3dcae", "#e3ebf2"),
    "lime": ("#2f5d57", "#b8cf8e", "#24463a", "#fdf0b4", "#e4f2c8"),
    "blue": ("#163f7d", "#6ea4d8", "#10305f", "#fbe3a4", "#dceafa"),
}

_Motif = Callable[[Canvas, Palette], None]

_SCENES: dict[str, tuple[_Motif, str]] = {
    "atom-orbits": (office.atom, "violet"),
    "balance-scale": (laboratory.balance, "forest"),
    "bar-chart": (office.bar_chart, "dawn"),
    "beach-boats": (landscapes.beach, "dawn"),
    "books-lamp": (office.books, "night"),
    "chip-core": (machines.chip, "teal"),
    "circuit-board": (machines.circuit, "forest"),
    "city-day": (landscapes.city_day, "sand"),
    "city-night": (landscapes.city_night, "night"),
    "conference-hall": (office.hall, "rust"),
    "coral-sea": (landscapes.coral, "blue"),
    "data-waves": (office.data_waves, "violet"),
    "document-stack": (office.documents, "slate"),
    "dragon-bridge-dawn": (landscapes.bridge_scene, "sea"),
    "dragon-bridge-night": (landscapes.bridge_night, "night"),
    "drone-sea": (machines.drone_sea, "rose"),
    "fish-sauce-jars": (laboratory.jars, "rust"),
    "flood-map": (office.flood_map, "sea"),
    "gauges": (laboratory.gauges, "slate"),
    "ginseng-mountain": (landscapes.ginseng, "teal"),
    "greenhouse": (laboratory.greenhouse, "lime"),
    "lab-flasks": (laboratory.flasks, "slate"),
    "lanterns": (office.lanterns, "violet"),
    "lightbulb-hills": (office.lightbulb, "rust"),
    "line-chart": (office.line_chart, "teal"),
    "lotus-pond": (landscapes.lotus, "lime"),
    "marble-mountains": (landscapes.marble_mountains, "rose"),
    "market-scale": (laboratory.market_scale, "sand"),
    "microscope": (machines.microscope, "sea"),
    "mushrooms": (laboratory.mushrooms, "sand"),
    "network-nodes": (office.network, "blue"),
    "paper-plane": (office.paper_plane, "dawn"),
    "rain-station": (machines.rain_station, "slate"),
    "rice-terraces": (landscapes.terraces, "lime"),
    "river-sensors": (landscapes.river_sensors, "forest"),
    "rocket-hill": (machines.rocket_hill, "violet"),
    "satellite-sea": (machines.satellite_sea, "night"),
    "server-racks": (machines.racks, "blue"),
    "solar-roofs": (machines.solar_roofs, "blue"),
    "son-tra-bay": (landscapes.bay, "teal"),
    "trademark-seal": (office.seal, "sea"),
    "vegetable-rows": (landscapes.vegetable_rows, "lime"),
    "wind-farm": (machines.wind_farm, "dawn"),
}

KEYS = tuple(_SCENES)


def draw(key: str) -> Image.Image:
    """The scene called ``key``, 1600×1000 RGB, the same on every call. KeyError if unknown."""
    motif, palette = _SCENES[key]
    canvas = Canvas(KEYS.index(key) + 7)
    motif(canvas, Palette(*(colour(code) for code in _PALETTES[palette])))
    return canvas.finished()
