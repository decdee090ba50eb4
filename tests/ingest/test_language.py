"""English, Chinese, or unsure."""

from pyspark.sql import functions as F

from kgspark.ingest.language import detect

CASES = {
    "I love this dress and it fits very well": "en",
    "This product is great": "en",
    "Perfect for my wedding": "en",
    "APPLE iPhone 8 手机 64GB": "zh",
    "作者真有英国人严谨的风格": "zh",
    "买了Philips的shaver，很好用": "zh",
    "apple iphone 8 plus 64gb silver": None,
    "Die Kamera ist sehr gut und nicht teuer": None,
    "Le produit est très bon pour les enfants": None,
    "これはとても良い製品です": None,
    "이 제품은 정말 좋아요": None,
    "Bose A2 Home Theater with a model name in Chinese 博士": None,
    "12345": None,
    "": None,
}


def test_languages(spark):
    frame = spark.createDataFrame([(text,) for text in [*CASES, None]], "raw string")
    found = {row.raw: row.language for row in frame.select("raw", detect(F.col("raw")).alias("language")).collect()}
    assert found == CASES | {None: None}
