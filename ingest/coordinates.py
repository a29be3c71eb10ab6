"""Points on the map: what Chinese maps say (gcj02, bd09) as wgs84, in which every point is stored.

Chinese maps shift each point by some hundred metres (gcj02 火星坐标); Baidu shifts it once more (bd09). The shift is
public in code but has no closed inverse, so the way back is searched: a few rounds bring it under a centimetre.
"""

from __future__ import annotations

from math import atan2, cos, pi, sin, sqrt

DATUMS = ("gcj02", "wgs84", "bd09")
# Seven digits are about a centimetre; a fixed rounding keeps the same input the same petition.
_DIGITS = 7
# Krasovsky 1940, as the shift has it.
_AXIS = 6378245.0
_ECCENTRICITY = 0.00669342162296594323
_BAIDU = pi * 3000.0 / 180.0


def to_wgs84(lon: float, lat: float, datum: str) -> tuple[float, float]:
    """Degrees in ``datum`` to degrees in wgs84. Raises ``ValueError`` for a datum that is none of DATUMS."""
    if datum == "bd09":
        lon, lat = _gcj02_of_bd09(lon, lat)
    elif datum not in DATUMS:
        raise ValueError(f"unknown datum: {datum}")
    if datum != "wgs84":
        lon, lat = _wgs84_of_gcj02(lon, lat)
    return round(lon, _DIGITS), round(lat, _DIGITS)


def from_wgs84(lon: float, lat: float, datum: str) -> tuple[float, float]:
    """The inverse, for a map that wants the sender's datum back."""
    if datum not in DATUMS:
        raise ValueError(f"unknown datum: {datum}")
    if datum != "wgs84":
        lon, lat = _gcj02_of_wgs84(lon, lat)
    if datum == "bd09":
        lon, lat = _bd09_of_gcj02(lon, lat)
    return round(lon, _DIGITS), round(lat, _DIGITS)


def _wgs84_of_gcj02(lon: float, lat: float) -> tuple[float, float]:
    if not _shifted(lon, lat):
        return lon, lat
    guess_lon, guess_lat = lon, lat
    for _ in range(6):
        east, north = _gcj02_of_wgs84(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon - (east - lon), guess_lat - (north - lat)
        if abs(east - lon) + abs(north - lat) < 1e-6:
            break  # each round gains three digits: the next would move nothing that is stored
    return guess_lon, guess_lat


def _gcj02_of_wgs84(lon: float, lat: float) -> tuple[float, float]:
    if not _shifted(lon, lat):
        return lon, lat
    x, y = lon - 105.0, lat - 35.0
    common = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + common
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + common
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    radians = lat / 180.0 * pi
    flat = 1 - _ECCENTRICITY * sin(radians) ** 2
    lat += north * 180.0 / (_AXIS * (1 - _ECCENTRICITY) / (flat * sqrt(flat)) * pi)
    lon += east * 180.0 / (_AXIS / sqrt(flat) * cos(radians) * pi)
    return lon, lat


def _gcj02_of_bd09(lon: float, lat: float) -> tuple[float, float]:
    x, y = lon - 0.0065, lat - 0.006
    z = sqrt(x * x + y * y) - 0.00002 * sin(y * _BAIDU)
    theta = atan2(y, x) - 0.000003 * cos(x * _BAIDU)
    return z * cos(theta), z * sin(theta)


def _bd09_of_gcj02(lon: float, lat: float) -> tuple[float, float]:
    z = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * _BAIDU)
    theta = atan2(lat, lon) + 0.000003 * cos(lon * _BAIDU)
    return z * cos(theta) + 0.0065, z * sin(theta) + 0.006


def _shifted(lon: float, lat: float) -> bool:
    """The box in which Chinese maps shift; outside it gcj02 is wgs84."""
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271
