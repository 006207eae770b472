#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The main job, small: the story of the demo with forty dossiers, an outage and a kill; every dossier comes home exactly once."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import lab  # noqa: E402  pylint: disable=wrong-import-position

tap = lab.Tap()
folder = tempfile.mkdtemp(prefix="lthub-story-")
done = subprocess.run([sys.executable, os.path.join(lab.SOURCE, "examples", "three-tiers", "story.py"), "--lthub", lab.LTHUB, "--dossiers", "40"],
                      env={**os.environ, "LTHUB_DEMO": folder}, capture_output=True, text=True, check=False, timeout=400)
tap.ok(done.returncode == 0, "forty dossiers go through three tiers and come home", done.stdout[-3000:] + done.stderr[-3000:])
tap.ok("0 lost, 0 twice, 1 held (planted)" in done.stdout, "none lost, none twice, the planted one held", done.stdout[-600:])
with open(os.path.join(folder, "hub.log"), encoding="utf-8", errors="replace") as log:
    text = log.read()
tap.ok("ERROR: " not in text and "Sanitizer" not in text, "no sanitizer had a word to say", text[-3000:])
if tap.failed == 0:
    shutil.rmtree(folder)
tap.exit()
