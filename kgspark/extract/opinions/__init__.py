"""Aspects and opinions in reviews, English and Chinese, and how right they are read."""
