"""The application: from stream events to communication records, their store and their export.

Floors, low to high: ``events`` · ``protocols`` · ``orders`` · ``records`` · ``store`` | ``export`` · ``pipeline`` ·
``cli``.
"""
