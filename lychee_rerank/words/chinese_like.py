"""The sentences on a question with an example photo, in Chinese."""

from lychee_rerank.words.like import LikeWords

CHINESE_LIKE = LikeWords(
    placeholder="例如：但要蓝色的\n\n也可以留空",
    quoted="“{text}”",
    like="与 {name} 类似",
    like_but="与 {name} 类似，{text}",
    more="找类似的",
    mark="示例",
    remove="移除示例照片",
    refused="{name} 不能用作示例照片：{reason}。",
    one="示例照片只能有一张；要加入图库的照片，请拖到上传区。",
    gone="示例照片已不再保存，请重新选择。",
    language="Chinese",
)
